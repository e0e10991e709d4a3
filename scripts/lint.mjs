// npm run lint: ESLint with the rules of eslint.config.mjs. Errors are shown, and warnings where there are more than before.
//   -- FILE…        these files or folders only; all their warnings are shown
//   -- --fresh      without the cache, which does not see that a type changed in another file
import { parseArgs } from 'node:util';
import { ESLint } from 'eslint';
import { top } from './lib/process.mjs';

/** So many long, deep or branching functions there are. The number only sinks: whoever takes one away writes the new one here. */
const mostWarnings = 150;

const { values, positionals } = parseArgs({ options: { fresh: { type: 'boolean' } }, allowPositionals: true });
const eslint = new ESLint({
  cwd: top,
  cache: !values.fresh,
  cacheLocation: 'node_modules/.cache/eslint/',
  cacheStrategy: 'content',
});
const whole = positionals.length === 0;
const results = await eslint.lintFiles(whole ? ['src', 'webview-ui', 'test', 'scripts'] : positionals);
const sum = (name) => results.reduce((total, result) => total + result[name], 0);
const [errors, warnings] = [sum('errorCount'), sum('warningCount')];
const tooMany = whole && warnings > mostWarnings;

const shown = whole && !tooMany ? ESLint.getErrorResults(results) : results;
const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(shown));
if (tooMany)
  console.log(`${warnings} warnings are more than the ${mostWarnings} there were: make the new function smaller.`);
else if (whole && warnings < mostWarnings)
  console.log(`${warnings} warnings: write that number in scripts/lint.mjs, so that they do not come back.`);
process.exitCode = errors > 0 || tooMany ? 1 : 0;
