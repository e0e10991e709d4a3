import type { BuildOptions } from 'esbuild';

export function bundles(options: {
  out: string;
  production: boolean;
}): (BuildOptions & { outfile: string; entryPoints: [string] })[];
