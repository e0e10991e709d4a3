/** Installs the server and the browser when they are missing; the VSIX must have been packaged before. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureServer, ensureSystem } from '../../scripts/vscode-server.mjs';

export default async function prepare(): Promise<void> {
  const vsix = path.resolve(import.meta.dirname, '..', '..', 'openexec.vsix');
  if (!existsSync(vsix))
    throw new Error('openexec.vsix is not there: run npm run package first, or npm test, which does it all.');
  await ensureSystem('browser');
  await ensureServer();
}
