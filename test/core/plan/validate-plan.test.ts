import { describe, expect, it } from 'vitest';
import { normalizePlan } from '../../../src/core/plan/normalize-plan.js';
import { homePath, scriptSmells } from '../../../src/core/plan/script-smells.js';
import { validatePlan } from '../../../src/core/plan/validate-plan.js';
import { plan, task } from './samples.js';

/** Problems as `code path`, of the form and of the content. */
const check = (raw: unknown): string[] => {
  const { document, problems } = normalizePlan(raw);
  return [...problems, ...(document ? validatePlan(document) : [])].map(
    (one) => `${one.severity} ${one.code} ${one.path}`,
  );
};
const messages = (raw: unknown): string[] => {
  const { document, problems } = normalizePlan(raw);
  return [...problems, ...(document ? validatePlan(document) : [])].map((one) => one.message);
};

describe('the form of a plan', () => {
  it.each<[string, unknown, string[]]>([
    ['a list of nothing', [], ['error root-not-object ']],
    ['a text', 'no', ['error root-not-object ']],
    ['nothing', undefined, ['error root-not-object ']],
    ['an empty object', {}, []],
    ['something else', { name: 'app', version: '1.0.0' }, ['error root-not-object ']],
    ['a plan without a story', { goals: [] }, []],
    ['stories as an object', { stories: {} }, ['error stories-not-array stories']],
    [
      'tasks as an object',
      { stories: [{ id: 'US-1', title: 'A', tasks: {} }] },
      ['error tasks-not-array stories[0].tasks', 'error story-without-task stories[0].tasks'],
    ],
    [
      'a number for a task',
      { stories: [{ id: 'US-1', title: 'A', tasks: [3, task('T1')] }] },
      ['error task-not-object stories[0].tasks[0]'],
    ],
    ['a story without an id', { stories: [{ title: 'A', tasks: [task('T1')] }] }, ['error missing-id stories[0].id']],
    ['a story that is a number', { stories: [1] }, ['error story-not-object stories[0]']],
    [
      'a mode nobody knows',
      { stories: [{ id: 'US-1', title: 'A', mode: 'fast', tasks: [{ ...task('T1'), needs: ['gpu'], estimate: -1 }] }] },
      [
        'warning bad-value stories[0].tasks[0].needs',
        'warning bad-value stories[0].tasks[0].estimate',
        'warning bad-value stories[0].mode',
      ],
    ],
    ['another schema', { schema_version: '2.0', stories: [] }, ['warning schema-version schema_version']],
  ])('%s', (_name, raw, expected) =>
    expect(check(raw).filter((line) => !line.includes('missing-id') || expected.includes(line))).toEqual(expected),
  );

  it('takes a bare list of stories', () =>
    expect(normalizePlan([{ id: 'US-1' }]).document).toMatchObject({
      schema_version: '1.1',
      goals: [],
      stories: [{ id: 'US-1', acceptance_criteria: [], tasks: [] }],
    }));

  it('takes tasks that are texts, one after the other, and says so', () => {
    const { document, problems } = normalizePlan({
      stories: [{ id: 'US-1', title: 'S1', tasks: ['Design x', 'Implement x'] }],
    });
    expect(document?.stories[0]?.tasks).toMatchObject([
      { id: 'US-1-T1', title: 'S1: Design x', depends_on: [] },
      { id: 'US-1-T2', title: 'S1: Implement x', depends_on: ['US-1-T1'] },
    ]);
    expect(problems.map((one) => one.code)).toEqual(['task-was-text', 'task-was-text']);
  });

  it('takes a tree of goals', () => {
    const { document } = normalizePlan({ goal: 'Root', children: [{ goal: 'Sub1', children: [{ task: 'T1' }] }] });
    expect(document?.stories.flatMap((story) => story.tasks.map((one) => one.title))).toEqual(['Root / Sub1: T1']);
  });

  it('takes other spellings, numbers as ids, and goals as texts', () => {
    const { document } = normalizePlan({
      plan: {
        goals: ['Fast'],
        phases: [
          {
            id: 7,
            name: 'A',
            acceptanceCriteria: 'works',
            dependencies: 'US-1, US-2',
            tasks: [{ id: 1, name: 'B', verification: 'npm test', strategy: 'x', dependsOn: [2] }],
          },
        ],
      },
    });
    expect(document).toMatchObject({
      goals: [{ id: 'G-001', title: 'Fast' }],
      stories: [
        {
          id: '7',
          goal_id: 'G-001',
          acceptance_criteria: ['works'],
          depends_on: ['US-1', 'US-2'],
          tasks: [{ id: '1', title: 'B', verification_script: 'npm test', technical_strategy: 'x', depends_on: ['2'] }],
        },
      ],
    });
  });

  it('does not touch what it was given', () => {
    const raw = { stories: [{ id: 'US-1', title: 'S', tasks: ['a', 'b'], depends_on: ['X'] }] };
    const before = JSON.stringify(raw);
    normalizePlan(raw);
    expect(JSON.stringify(raw)).toBe(before);
  });
});

describe('the content of a plan', () => {
  it('is quiet about a sound plan', () =>
    expect(validatePlan(plan({ 'US-001': { tasks: { 'T-1': {}, 'T-2': { depends_on: ['T-1'] } } } }))).toEqual([]));

  it.each<[string, Parameters<typeof plan>[0], string[]]>([
    [
      'an unknown dependency',
      { 'US-001': { tasks: { 'T-1': { depends_on: ['GHOST'] } } } },
      ['T-1 depends on GHOST, which is not in the plan.'],
    ],
    [
      'a task that depends on a story',
      { 'US-001': { tasks: { 'T-1': { depends_on: ['US-001'] } } } },
      ['Task T-1 depends on the story US-001; a task depends on tasks.'],
    ],
    [
      'a ring of tasks',
      { 'US-001': { tasks: { T1: { depends_on: ['T2'] }, T2: { depends_on: ['T3'] }, T3: { depends_on: ['T1'] } } } },
      ['These wait for one another and could never start: T1 → T2 → T3 → T1.'],
    ],
    [
      'a task that waits for itself',
      { 'US-001': { tasks: { T1: { depends_on: ['T1'] } } } },
      ['These wait for one another and could never start: T1 → T1.'],
    ],
    [
      'a ring of stories',
      { A: { depends_on: ['B'], tasks: { T1: {} } }, B: { depends_on: ['A'], tasks: { T2: {} } } },
      ['These wait for one another and could never start: A → B → A.'],
    ],
    [
      'a ring through a story',
      { A: { depends_on: ['B'], tasks: { T1: {} } }, B: { tasks: { T2: { depends_on: ['T1'] } } } },
      ['These wait for one another and could never start: A → B → T2 → T1 → A.'],
    ],
    [
      'no strategy',
      { A: { tasks: { T1: { technical_strategy: ' ' } } } },
      ['Task T1 does not say how it is to be done: its technical strategy is empty.'],
    ],
    [
      'no check',
      { A: { tasks: { T1: { verification_script: '' } } } },
      ['Task T1 has no verification script, so nothing would prove it.'],
    ],
    ['no task', { A: { tasks: {} } }, ['Story A has no task.']],
    [
      'an unknown goal',
      { A: { goal_id: 'G-9', tasks: { T1: {} } } },
      ['No story works towards goal G-001.', 'Story A names the goal G-9, which is not in the plan.'],
    ],
    [
      'one id twice',
      { A: { tasks: { T1: {} } }, B: { tasks: { T1: {} } } },
      ['The id T1 stands for a task and again for a task.'],
    ],
  ])('%s', (_name, stories, expected) =>
    expect(validatePlan(plan(stories)).map((one) => one.message)).toEqual(expected),
  );

  it('says when a plan is too large to oversee', () => {
    const of = (stories: number, tasks: number) =>
      check(
        plan(
          Object.fromEntries(
            Array.from({ length: stories }, (_, s) => [
              `US-${s}`,
              {
                requirement_id: '',
                tasks: Object.fromEntries(Array.from({ length: tasks }, (_, t) => [`T-${s}-${t}`, {}])),
              },
            ]),
          ),
        ),
      );
    expect(of(11, 1)).toEqual(['warning many-stories stories']);
    expect(of(1, 31)).toEqual(['info large-plan stories']);
    expect(of(1, 50)).toEqual(['info large-plan stories']);
    expect(of(1, 51)).toEqual(['warning many-tasks stories']);
    expect(of(10, 3)).toEqual([]);
  });

  it('notes several stories on one requirement', () =>
    expect(
      messages(
        plan({ A: { requirement_id: 'REQ-1', tasks: { T1: {} } }, B: { requirement_id: 'REQ-1', tasks: { T2: {} } } }),
      ),
    ).toEqual(['2 stories are for the requirement REQ-1: A, B.']));
});

describe('doubtful checks', () => {
  it.each<[string, string[]]>([
    ['npm test', []],
    ['test -f docs/a.md && test -f docs/b.md', []],
    ["grep -c 'A\\|B' docs/a.md", []],
    ['cd backend && pytest tests -v', []],
    ['python -c \'from a import b; print("OK")\'', []],
    ['npm test && echo passed', []],
    ['npm run build 2>&1 | tee /tmp/log', ['always-true']],
    ['set -o pipefail; npm test | tail -5', []],
    ['pytest --collect-only | grep test_ | wc -l', ['always-true']],
    ["wc -l docs/a.md | awk '$1 >= 100'", ['always-true']],
    ["awk 'END { exit NR < 100 }' docs/a.md", []],
    ["cd backend && pytest -v | grep 'test_' | wc -l", ['always-true']],
    ['echo done', ['always-true']],
    ['true', ['always-true']],
    ['npm test || true', ['always-true']],
    ['npm test; echo finished', ['always-true']],
    ['set -e\nnpm test\necho finished', []],
    ['npm test\nnpm run lint # last line decides', []],
    ['git status', ['always-true']],
    ['git diff --exit-code', []],
    ['! grep -r TODO src', []],
    ['if [ -f a ]; then exit 0; fi', []],
    ['exit 1', []],
    ['echo "a && b | c > d"', ['always-true']],
    ['test -f s.sh && chmod +x s.sh', ['mutating-check']],
    ['npx eslint --fix .', ['mutating-check']],
    ['npm ci && npm test', ['mutating-check']],
    ['npm test > result.txt', ['mutating-check']],
    ['npm test > /dev/null 2>&1', []],
    ['mkdir /tmp/x && npm test', []],
    ['git add . && git commit -m x', ['mutating-check']],
    ["sed -i 's/a/b/' f && npm test", ['mutating-check']],
    ['docker compose up -d && sleep 30 && docker compose ps', ['fixed-sleep']],
    ['npm start & sleep 3; curl -f http://localhost:3000', ['fixed-sleep']],
    ['npm start & until curl -sf localhost:3000; do sleep 1; done', []],
    ['curl -f http://localhost:8000/docs', ['server-not-started']],
    ['curl -f https://example.org/docs', []],
    ['docker compose exec -T db pg_isready', ['server-not-started']],
    ['docker build -t x .', []],
    ['', []],
  ])('%s', (script, expected) => expect(scriptSmells(script)).toEqual(expected));

  it('never trips over any text', () => {
    for (const script of ["'", '"', '\\', '>', '2>&1', '&', '&&', '|', ';;', '$(', 'a >', '#', '&>', '`'])
      expect(() => scriptSmells(script)).not.toThrow();
  });

  it.each([
    ['cd /Users/ann/p && npm test', '/Users/ann/p'],
    ['cd "/home/ann/p"', '/home/ann/p'],
    ['C:\\Users\\ann\\p', 'C:\\Users\\ann\\p'],
    ['ls ~/p', '~/p'],
    ['src/home/page.ts', undefined],
    ['https://x.y/home/page', undefined],
    ['a ~= b', undefined],
  ])('home folder in %s', (text, expected) => expect(homePath(text)).toBe(expected));
});
