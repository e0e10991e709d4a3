import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../src/core/policy/decide.js';
import type { Decision } from '../../../src/core/model/policy.js';
import { fuzzLines, fuzzPaths } from './fuzz-run.js';
import { DEFAULTS, ROOT, argv, onPath, parser, script } from './check.js';

const explained = ({ effect, rule, reason }: Decision) =>
  ['allow', 'ask', 'deny'].includes(effect) && rule.length > 0 && reason.length > 0;
const word = fc.oneof(
  fc.constantFrom(
    'npm',
    'test',
    'run',
    'git',
    'status',
    '-c',
    '-C',
    '--',
    '-',
    '..',
    '.git',
    '.env',
    '/',
    '~',
    'rm',
    '-rf',
    'sudo',
    'env',
    'A=1',
    'xargs',
    'bash',
    '-lc',
    'find',
    '-exec',
    '--=',
    '=',
    '__proto__',
    'constructor',
    'toString',
    'sed',
    '-n',
    '1p',
    'make',
    'python',
    '-m',
    'yarn',
    'npx',
    'timeout',
    '5',
    '',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
);
const joiner = fc.constantFrom(
  ' ',
  ' && ',
  ' | ',
  '; ',
  '\n',
  ' > ',
  ' $(',
  ')',
  ' "',
  "'",
  '`',
  ' <<E\n',
  '\nE\n',
  ' & ',
  ' || ',
  '\\\n',
  ' # ',
);

it('decides and explains every vector', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.constantFrom('', 'src', '..', '\0'), (words, cwd) => {
      expect(explained(argv(words, {}, { changedFiles: words }, cwd))).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

it('decides and explains every line, and what it allows unasked never touches the floor', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, joiner), { maxLength: 10 }), async (parts) => {
      const text = parts.flat().join('');
      const decision = await script(text);
      expect(explained(decision)).toBe(true);
      if (decision.effect !== 'allow') return;
      const parse = await parser.parse(text);
      const names = parse.ok ? parse.commands.map(({ words }) => words[0]?.text) : ['unreadable'];
      expect(
        names.filter((name) => name === undefined || ['unreadable', 'sudo', 'bash', 'rm'].includes(name)).length,
      ).toBe(names.filter((_, at) => parse.ok && parse.commands[at]?.words.length === 0).length);
    }),
    { numRuns: 10_000 },
  );
}, 120_000);

it('decides every path, and one that it lets through stays inside', () => {
  const segment = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      '.git',
      'a',
      '.env',
      'src',
      'A',
      '~',
      'C:',
      '. .',
      '.. ',
      '\u200d',
      '．．',
      '/',
      '\\',
      'git~1',
      '…',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 7 }),
      fc.constantFrom('/', '\\'),
      fc.constantFrom('read', 'write', 'delete') as fc.Arbitrary<'read' | 'write' | 'delete'>,
      (segments, separator, op) => {
        const path = segments.join(separator);
        const decision = onPath(op, path, { approval: 'never' });
        expect(explained(decision)).toBe(true);
        if (decision.effect !== 'allow') return;
        const resolved = new URL(`file://${ROOT}/`).pathname + path;
        const stack: string[] = [];
        for (const part of resolved.replaceAll('\\', '/').split('/')) {
          if (part === '..') stack.pop();
          else if (part !== '' && part !== '.') stack.push(part);
        }
        expect(`/${stack.join('/')}/`.startsWith(`${ROOT}/`)).toBe(true);
        expect(stack.slice(2).map((part) => part.toLowerCase())).not.toContain('.git');
      },
    ),
    { numRuns: 20_000 },
  );
});

it('is stable: the same request has the same answer, and adding a command never loosens it', async () => {
  const rank = { allow: 0, ask: 1, deny: 2 };
  const part = fc.constantFrom(
    'npm test',
    'ls',
    'cat .env',
    'curl x',
    'rm -rf /',
    'echo $X',
    'cat src/a.ts > b',
    'git push',
    'sudo ls',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), part, async (parts, more) => {
      const text = parts.join('; ');
      const [one, two, longer] = [await script(text), await script(text), await script(`${text}; ${more}`)];
      expect(two).toEqual(one);
      expect(rank[longer.effect]).toBeGreaterThanOrEqual(rank[one.effect]);
    }),
    { numRuns: 300 },
  );
  expect(decide({ kind: 'script', text: 'ls', cwd: '', parsed: await parser.parse('ls') }, DEFAULTS).effect).toBe(
    'allow',
  );
});

it('takes 30,000 made-up lines and 30,000 paths without an exception', async () => {
  // The long form, a million lines: npm run fuzz.
  for (const result of [await fuzzLines(parser, 30_000, 7), await fuzzPaths(30_000, 7)]) {
    expect(result.failures).toEqual([]);
    expect(Math.min(result.allowed, result.asked, result.denied)).toBeGreaterThan(50);
  }
}, 60_000);
