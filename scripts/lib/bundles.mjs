// What is bundled, as options of esbuild: extension (small, loads first), host (core, adapters and command line, loaded when first needed), late and
// lsp-client (what the extension needs later), lsp, what starts the command line, webview.
import { createRequire } from 'node:module';
import { top } from './process.mjs';

const require = createRequire(import.meta.url);

/** Zod exports its messages in fifty languages; only the English ones are ever asked for. */
const oneZodLocale = {
  name: 'one-zod-locale',
  setup: (build) =>
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.c?js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    })),
};

/** Bundles that another loads when it first needs them, by their names in dist; all of them lie beside one another there. */
const LOADED_LATE = ['host', 'late', 'lsp', 'lsp-client'];

/**
 * An `import()` of what is a bundle of its own stays one, whatever folder it is written in. `within`: of the bundle itself, which holds it.
 */
const loadLate = (within) => ({
  name: 'load-late',
  setup: (build) =>
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path: wanted, kind }) => {
      const name = /([\w-]+)\.js$/.exec(wanted)?.[1];
      if (kind !== 'dynamic-import' || name === within || !LOADED_LATE.includes(name)) return undefined;
      return { path: `./${name}.js`, external: true };
    }),
});

/** Into the folder `out` of the project. */
export function bundles({ out, production }) {
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
    external: ['vscode'],
    metafile: true,
    plugins: [oneZodLocale, loadLate()],
    // A bundle that is loaded late is required: through import() Node would read its 1.4 MB a second time, for names to export.
    supported: { 'dynamic-import': false },
    // Its module form looks for itself through import.meta.url, which a bundle in CommonJS does not have.
    alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
  };
  return [
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
      plugins: [oneZodLocale, loadLate('host')],
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
  ];
}
