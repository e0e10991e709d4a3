// npm run test:crash: the crash tests in their long form, a hundred rounds each. CRASH_ROUNDS and CRASH_CUTS say otherwise; a path runs that file alone.
import path from 'node:path';
import { cleanEnv, run, top } from './lib/process.mjs';

const given = process.argv.slice(2);
const { CRASH_ROUNDS = '100', CRASH_CUTS = '100' } = process.env;
const { code } = await run(process.execPath, [path.join(top, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...(given.length > 0 ? given : ['test/crash'])], { echo: true, env: cleanEnv({ CRASH_ROUNDS, CRASH_CUTS }) });
process.exitCode = code;
