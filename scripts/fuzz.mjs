// npm run fuzz: a million made-up command lines and two hundred thousand paths through the grammar and the policy. None may throw; what is
// allowed unasked is looked at a second time. `-- --lines N --paths N --seed N`. Runs at low priority.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const out = path.join(top, 'out', `fuzz-${process.pid}`);
mkdirSync(out, { recursive: true });
try {
  for (const file of [
    'web-tree-sitter/web-tree-sitter.wasm',
    '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
    '@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm',
  ])
    cpSync(require.resolve(file), path.join(out, path.basename(file)));
  await esbuild.build({
    entryPoints: [path.join(top, 'test', 'core', 'policy', 'fuzz-long.ts')],
    outfile: path.join(out, 'fuzz.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
    alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
  });
  try {
    os.setPriority(19);
  } catch {
    // Not allowed here: it runs at the usual priority.
  }
  execFileSync(process.execPath, [path.join(out, 'fuzz.cjs'), out, ...process.argv.slice(2)], { stdio: 'inherit' });
} catch (error) {
  process.exitCode = typeof error?.status === 'number' ? error.status : 1;
  if (process.exitCode === 1 && !('status' in Object(error))) console.error(error);
} finally {
  rmSync(out, { recursive: true, force: true });
}
