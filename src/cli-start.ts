/**
 * dist/cli.js: what `openexec` starts. It only lets V8 keep its compiled code in the data home, which has to
 * be said before the code is loaded, and goes on in dist/host.js. The system's folder for temporary files
 * would be the default: others may write there.
 */
import { existsSync, mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import path from 'node:path';
import { dataHome } from './adapters/owner/data-home-path.js';

try {
  const home = dataHome(process.env, process.platform);
  // Not before the first command that keeps something has made it, with the care that this takes.
  if (existsSync(home)) {
    const folder = path.join(home, 'compiled');
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 }); // not recursive: below /proc that never ends
    nodeModule.enableCompileCache?.(folder); // absent before Node 22.1
  }
} catch {
  // A data home that cannot be named or written:
  // the command itself says so where it matters, and the code is compiled again.
}
void import('./host.js').then((host) => (host as unknown as typeof import('./host-bundle.js')).runTerminal());
