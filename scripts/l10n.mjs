// npm run l10n: writes l10n/bundle.l10n.json anew from the texts in the source.
import { cleanEnv, run } from './lib/process.mjs';

const { code } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/vscode/l10n.test.ts'], {
  env: cleanEnv({ UPDATE_L10N: '1' }),
  echo: true,
});
process.exitCode = code;
