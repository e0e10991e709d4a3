import path from 'node:path';
import esbuild from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundles } from '../../scripts/lib/bundles.mjs';

const all = bundles({ out: 'dist', production: false });
const kept = new Map<string, ReturnType<typeof build>>();
const built = (name: string) => {
  if (!kept.has(name)) kept.set(name, build(name));
  return kept.get(name)!;
};
async function build(name: string) {
  const entry = all.find((one) => one.outfile === `dist/${name}.js`);
  const { metafile } = await esbuild.build({ ...entry, metafile: true, write: false });
  const external = Object.values(metafile.inputs)
    .flatMap((input) => input.imports)
    .filter((one) => one.external && one.path.startsWith('.'))
    .map((one) => one.path);
  return { inputs: Object.keys(metafile.inputs), external: [...new Set(external)].sort() };
}

describe('what VS Code reads when the extension starts', () => {
  it('holds no schema, and nothing of what is loaded when it is first needed', async () => {
    const { inputs, external } = await built('extension');
    expect(inputs.filter((file) => /node_modules\/zod\//.test(file))).toEqual([]);
    expect(inputs).toContain('src/vscode/folders.ts');
    expect(inputs.filter((file) => /vscode\/(late|editor\/lsp-client)\.ts$|src\/host\.ts$/.test(file))).toEqual([]);
    expect(external).toEqual(['./host.js', './late.js', './lsp-client.js']);
  });

  it('asks only for bundles that lie beside it', async () => {
    const names = all.map((one) => `./${path.basename(one.outfile)}`);
    for (const name of ['extension', 'late', 'host', 'cli', 'lsp-client'])
      for (const wanted of (await built(name)).external) expect(names).toContain(wanted);
  });

  it('keeps the engine and the command line in one bundle, which holds itself', async () =>
    expect((await built('host')).external).toEqual(['./lsp.js']));
});
