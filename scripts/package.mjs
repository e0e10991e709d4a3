// Builds and packages the extension as a user gets it: openexec.vsix at the top of the project.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun, top } from './lib/process.mjs';

export const vsixPath = path.join(top, 'openexec.vsix');

export async function packageExtension({ build = true, quiet = false } = {}) {
  if (build) await mustRun(process.execPath, ['scripts/build.mjs']);
  // Everything is bundled, so no dependency goes in; relative links stay as they are because the README is read from the VSIX.
  const output = await mustRun(process.execPath, [
    'node_modules/@vscode/vsce/vsce',
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    vsixPath,
  ]);
  const { size } = await stat(vsixPath);
  if (!quiet) {
    if (/warn/i.test(output)) console.log(output.trim());
    console.log(`${path.relative(top, vsixPath)}: ${(size / 1024 / 1024).toFixed(2)} MB`);
  }
  return vsixPath;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packageExtension();
