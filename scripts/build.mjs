// Bundles everything into dist/: extension (small, loads first), host (core, adapters and command line, loaded when first needed), what starts the command line, webview.
//   --dev         with source maps, not minified
//   --watch       the same, and again at each change until it is stopped
//   --out=NAME    another folder beside dist
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { watch } from './lib/watch.mjs';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
// `--out=dist-NAME`: another folder beside dist, so that two builds can stand next to each other.
const out = process.argv.find((argument) => argument.startsWith('--out='))?.slice('--out='.length) ?? 'dist';
const dist = path.join(top, out);
const watching = process.argv.includes('--watch');
const production = !watching && !process.argv.includes('--dev');

/** Zod exports its messages in fifty languages; only the English ones are ever asked for. */
const oneZodLocale = {
  name: 'one-zod-locale',
  setup: (build) =>
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.c?js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    })),
};

const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  absWorkingDir: top,
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  external: ['vscode', './host.js', './late.js', './lsp.js', './lsp-client.js'],
  metafile: true,
  plugins: [oneZodLocale],
  // A bundle that is loaded late is required: through import() Node would read its 1.4 MB a second time, for names to export.
  supported: { 'dynamic-import': false },
  // Its module form looks for itself through import.meta.url, which a bundle in CommonJS does not have.
  alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
};
const entries = [
  // The mark stands before the bundle's first line, so that the bench sees what reading it costs.
  {
    ...node,
    entryPoints: ['src/extension.ts'],
    banner: { js: 'performance.mark("openexec/file");' },
    outfile: `${out}/extension.js`,
  },
  { ...node, entryPoints: ['src/vscode/late.ts'], outfile: `${out}/late.js` },
  { ...node, entryPoints: ['src/vscode/editor/lsp-client.ts'], outfile: `${out}/lsp-client.js` },
  { ...node, entryPoints: ['src/lsp.ts'], outfile: `${out}/lsp.js` },
  {
    ...node,
    entryPoints: ['src/host-bundle.ts'],
    outfile: `${out}/host.js`,
    external: node.external.filter((one) => one !== './host.js'),
  },
  { ...node, entryPoints: ['src/cli-start.ts'], outfile: `${out}/cli.js` },
  {
    ...node,
    platform: 'browser',
    format: 'iife',
    target: 'chrome120',
    external: [],
    entryPoints: ['webview-ui/main.tsx'],
    outfile: `${out}/webview.js`,
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'file', '.woff2': 'file' },
    assetNames: '[name]',
  },
].filter((entry) => existsSync(path.join(top, entry.entryPoints[0])));

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
