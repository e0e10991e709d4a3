// Product code for scripts: one TypeScript file with what it imports, bundled and loaded.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { top } from './process.mjs';

export async function loadTs(file) {
  const out = path.join(top, 'out', `${path.basename(file, '.ts')}-${process.pid}.mjs`);
  await mkdir(path.dirname(out), { recursive: true });
  await esbuild.build({ entryPoints: [path.join(top, file)], outfile: out, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
  try {
    return await import(pathToFileURL(out).href);
  } finally {
    await rm(out, { force: true });
  }
}
