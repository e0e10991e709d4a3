// npm run l10n, npm run settings: what is written from the source (l10n/bundle.l10n.json; the settings of package.json), written anew by the test that compares it.
import { cleanEnv, run } from './lib/process.mjs';

const [what] = process.argv.slice(2);
if (what !== 'l10n' && what !== 'settings') throw new Error('l10n or settings');
const { code } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', `test/vscode/${what}.test.ts`], {
  env: cleanEnv({ [`UPDATE_${what.toUpperCase()}`]: '1' }),
  echo: true,
});
process.exitCode = code;
