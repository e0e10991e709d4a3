// npm run test:crash: the crash tests in their long form. The whole engine is killed 1,000 times, a store alone 200 times, and its power cut 500 times.
// CRASH_KILLS, CRASH_ROUNDS and CRASH_CUTS say otherwise, CRASH_SEED which; a path runs that file alone.
import path from 'node:path';
import { cleanEnv, run, top } from './lib/process.mjs';

const given = process.argv.slice(2);
const { CRASH_KILLS = '1000', CRASH_ROUNDS = '200', CRASH_CUTS = '500' } = process.env;
const { code } = await run(
  process.execPath,
  [path.join(top, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...(given.length > 0 ? given : ['test/crash'])],
  { echo: true, env: cleanEnv({ CRASH_KILLS, CRASH_ROUNDS, CRASH_CUTS }) },
);
process.exitCode = code;
