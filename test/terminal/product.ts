/** The command line as it is shipped, bundled into a folder of its own as scripts/build.mjs does it. */
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import esbuild from 'esbuild';

export const top = path.resolve(__dirname, '../..');
const require = createRequire(__filename);

/** Gives the program to run with node. */
export async function bundleProduct(place: string): Promise<string> {
  const dist = path.join(place, 'product', 'dist');
  await mkdir(dist, { recursive: true });
  const bundle = (name: string, as: string, external: string[]) =>
    esbuild.build({
      entryPoints: [path.join(top, `src/${name}.ts`)],
      outfile: path.join(dist, `${as}.js`),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
      external: ['vscode', ...external],
      supported: { 'dynamic-import': false },
      alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
    });
  await Promise.all([
    bundle('cli-start', 'cli', ['./host.js']),
    bundle('host-bundle', 'host', ['./lsp.js']),
    bundle('lsp', 'lsp', []),
  ]);
  for (const asset of [
    'web-tree-sitter/web-tree-sitter.wasm',
    '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
    'sql.js/dist/sql-wasm.wasm',
  ])
    await copyFile(require.resolve(asset), path.join(dist, path.basename(asset)));
  for (const folder of ['blueprints', 'demo'])
    await symlink(path.join(top, folder), path.join(place, 'product', folder));
  return path.join(dist, 'cli.js');
}
