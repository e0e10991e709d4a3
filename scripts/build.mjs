// Bundles everything into dist/ (lib/bundles.mjs says what), with what is not bundled beside it.
//   --dev         with source maps, not minified
//   --watch       the same, and again at each change until it is stopped
//   --out=NAME    another folder beside dist
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import esbuild from 'esbuild';
import { bundles } from './lib/bundles.mjs';
import { top } from './lib/process.mjs';
import { watch } from './lib/watch.mjs';

const require = createRequire(import.meta.url);
// `--out=dist-NAME`: another folder beside dist, so that two builds can stand next to each other.
const out = process.argv.find((argument) => argument.startsWith('--out='))?.slice('--out='.length) ?? 'dist';
const dist = path.join(top, out);
const watching = process.argv.includes('--watch');
const entries = bundles({ out, production: !watching && !process.argv.includes('--dev') });

const assets = [
  [require.resolve('web-tree-sitter/web-tree-sitter.wasm'), 'web-tree-sitter.wasm'],
  [require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'), 'tree-sitter-bash.wasm'],
  [require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm'), 'tree-sitter-powershell.wasm'],
  [require.resolve('sql.js/dist/sql-wasm.wasm'), 'sql-wasm.wasm'],
  [require.resolve('@vscode/codicons/dist/codicon.css'), 'codicon.css'],
  [require.resolve('@vscode/codicons/dist/codicon.ttf'), 'codicon.ttf'],
];
/** The shipped rules of the policy, for people to read; the program has its own copy of them. */
const copyRules = () => cp(path.join(top, 'src/core/policy/rules'), path.join(dist, 'policy'), { recursive: true });

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all(assets.map(([from, to]) => cp(from, path.join(dist, to))));
if (watching) {
  const { stop } = await watch({ top, entries, folders: ['src', 'webview-ui'], copy: copyRules });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());
} else await Promise.all([...entries.map((entry) => esbuild.build(entry)), copyRules()]);
