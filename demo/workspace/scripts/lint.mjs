// A linter of a few rules, so that this project needs nothing installed. Prints file:line rule and sentence; exits 1 on any.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAX_LINE = 100;

const rules = {
  'trailing-space': (line) => /[ \t]+$/.test(line) && 'The line ends in spaces.',
  'line-length': (line) => line.length > MAX_LINE && `The line has ${line.length} characters; ${MAX_LINE} is the limit.`,
  'no-console': (line, file) => file.startsWith('src') && /\bconsole\.(log|debug|info)\(/.test(line) && 'console is for debugging; take it out.',
  'return-type': (line) => {
    const found = /^export (?:async )?function (\w+)\s*\(.*\)\s*\{$/.exec(line);
    return found && `${found[1]} is exported without a return type.`;
  },
};

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .sort();
}

/** Names an import brings in that nothing else in the file mentions. */
function* unusedImports(text) {
  for (const found of text.matchAll(/^import (?:type )?(?:(\w+),? ?)?(?:\{([^}]*)\})? ?from /gm)) {
    const names = [found[1], ...(found[2] ?? '').split(',')]
      .map((name) => (name ?? '').trim().replace(/^type /, '').split(/ as /).at(-1).trim())
      .filter(Boolean);
    const rest = text.slice(0, found.index) + text.slice(found.index + found[0].length);
    const line = text.slice(0, found.index).split('\n').length;
    for (const name of names) if (!new RegExp(`\\b${name}\\b`).test(rest)) yield { line, name };
  }
}

let problems = 0;
const report = (file, line, rule, sentence) => {
  problems += 1;
  process.stdout.write(`${file.replaceAll('\\', '/')}:${line} ${rule}: ${sentence}\n`);
};

const checked = ['src', 'test'].flatMap(files);
for (const file of checked) {
  const text = readFileSync(file, 'utf8');
  text.split('\n').forEach((line, index) => {
    for (const [rule, check] of Object.entries(rules)) {
      const sentence = check(line, file);
      if (sentence) report(file, index + 1, rule, sentence);
    }
  });
  for (const { line, name } of unusedImports(text)) report(file, line, 'unused-import', `${name} is imported and never used.`);
  if (!text.endsWith('\n')) report(file, text.split('\n').length, 'final-newline', 'The file does not end in a line break.');
}

process.stdout.write(problems === 0 ? `${checked.length} files, no problems\n` : `${problems} problems in ${checked.length} files\n`);
process.exitCode = problems === 0 ? 0 : 1;
