// Product code for scripts: one TypeScript file with what it imports, bundled and loaded.
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import esbuild from 'esbuild';
import { top } from './process.mjs';

export async function loadTs(file) {
  const out = path.join(top, 'out', `${path.basename(file, '.ts')}-${process.pid}.cjs`);
  await mkdir(path.dirname(out), { recursive: true });
  await esbuild.build({
    entryPoints: [path.join(top, file)],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'warning',
  });
  try {
    return createRequire(import.meta.url)(out);
  } finally {
    await rm(out, { force: true });
  }
}
