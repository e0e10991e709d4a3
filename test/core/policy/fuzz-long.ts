/** The long form of the fuzzing, as a program of its own: `fuzz.cjs WASM_DIR [--lines N] [--paths N] [--seed N]`. */
import { createShellParser } from '../../../src/adapters/shell-grammar/shell-parser.js';
import { fuzzLines, fuzzPaths } from './fuzz-run.js';

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  const value = at === -1 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} needs a whole number`);
  return value;
};

async function main(): Promise<number> {
  const seed = option('seed', 1);
  const parser = createShellParser({ wasmDir: process.argv[2] ?? '' });
  let failures = 0;
  const began = performance.now();
  for (const [what, count, run] of [
    ['command lines', option('lines', 1_000_000), (n: number) => fuzzLines(parser, n, seed)],
    ['paths', option('paths', 200_000), (n: number) => fuzzPaths(n, seed)],
  ] as const) {
    const result = await run(count);
    console.log(
      `${count} ${what}: ${result.allowed} allowed, ${result.asked} asked, ${result.denied} denied, ${result.failures.length} failures, ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    for (const failure of result.failures.slice(0, 20)) console.error(failure);
    failures += result.failures.length;
  }
  return failures === 0 ? 0 : 1;
}

void main().then((code) => process.exit(code));
