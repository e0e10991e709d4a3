// npm run format: writes every file the way Biome formats it (biome.json).
//   -- --check    changes nothing, names the files that differ, and fails if there are any
import { parseArgs } from 'node:util';
import { run } from './lib/process.mjs';

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const { code } = await run(
  process.execPath,
  ['node_modules/@biomejs/biome/bin/biome', 'format', ...(values.check ? [] : ['--write']), '.'],
  { echo: true },
);
process.exitCode = code;
