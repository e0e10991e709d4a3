import { expect, it } from 'vitest';
import { questionSchema } from '../../../src/core/model/policy.js';
import { compileRules } from '../../../src/core/policy/index.js';
import { suggestRules } from '../../../src/core/permission/suggest-rules.js';
import { DEFAULTS } from '../policy/check.js';
import { judged, worldOf } from '../policy/world.js';

const suggest = async (question: object, own: Parameters<typeof compileRules>[0] = []) =>
  await suggestRules(questionSchema.parse(question), { ...DEFAULTS, userRules: compileRules(own) }, worldOf());
const shown = (list: Awaited<ReturnType<typeof suggest>>) =>
  list.map(({ rule, after }) => `${rule.decision} ${rule.operator} ${rule.value} → ${after.effect}`);

it('offers rules that change the answer, with the answer they would give', async () => {
  expect(shown(await suggest({ argv: ['docker', 'compose', 'up'] }))).toEqual([
    'allow exact docker compose up → allow',
    'allow prefix docker compose → allow',
    'deny exact docker compose up → deny',
    'deny prefix docker → deny',
  ]);
  expect(shown(await suggest({ cmd: 'npm test' }))).toEqual([
    'deny exact npm test → deny',
    'ask exact npm test → ask',
    'deny prefix npm → deny',
  ]);
  expect(shown(await suggest({ path: 'docs/a.md', op: 'write' }))).toEqual([
    'allow exact docs/a.md → allow',
    'allow prefix docs/ → allow',
    'deny exact docs/a.md → deny',
    'deny prefix docs/ → deny',
  ]);
});

it('offers nothing that could lift what is denied or always asked about', async () => {
  expect(await suggest({ argv: ['rm', '-rf', '/'] })).toEqual([]);
  expect(await suggest({ path: '.git/config', op: 'write' })).toEqual([]);
  expect(shown(await suggest({ argv: ['sudo', 'ls'] })).some((line) => line.startsWith('allow'))).toBe(false);
  expect(
    shown(await suggest({ path: '.vscode/settings.json', op: 'write' })).some((line) => line.startsWith('allow')),
  ).toBe(false);
  expect(shown(await suggest({ argv: ['grep', 'a\nb', 'x'] })).some((line) => line.startsWith('allow'))).toBe(false);
});

it('names each rule once, and each is one that can be used as it stands', async () => {
  const [first] = await suggest({ argv: ['docker', 'ps'] });
  const again = await suggest({ argv: ['docker', 'ps'] }, [{ ...first!.rule, decision: 'ask' }]);
  expect(first?.rule.id).toBe('allow-docker-ps');
  expect(again.every(({ rule }) => rule.id !== first?.rule.id)).toBe(true);
  for (const { rule, after } of await suggest({ argv: ['docker', 'ps'] }))
    expect(await judged({ argv: ['docker', 'ps'] }, {}, { userRules: compileRules([rule]) })).toEqual(after);
});

it('takes a line of several commands apart: each that asks gets its rule', async () => {
  expect(
    shown(await suggest({ cmd: 'npm test && docker ps && helm list' })).filter((line) =>
      line.startsWith('allow exact'),
    ),
  ).toEqual(['allow exact docker ps → ask', 'allow exact helm list → ask']);
});
