import { describe, expect, it } from 'vitest';
import { completePlan } from '../../../src/core/planner/complete-plan.js';
import { parseIntent } from '../../../src/core/planner/intent.js';
import {
  criteriaFor,
  describeStory,
  goalTree,
  ruleBasedPlan,
  storyTasks,
} from '../../../src/core/planner/rule-based.js';
import { hasErrors } from '../../../src/core/plan/problems.js';
import { validatePlan } from '../../../src/core/plan/validate-plan.js';
import { plan } from '../plan/samples.js';

const commands = { lint: ['npm run lint'], test: ['npm test'], build: [] };
const none = { lint: [], test: [], build: [] };
const byRules = (raw: string) => ruleBasedPlan(parseIntent(raw), commands);

describe('a plan by rules', () => {
  it('makes a story of a goal', () => {
    const [story] = byRules('## Goals\n- Build a REST API').stories;
    expect(story).toMatchObject({ id: 'US-001', title: 'Build a REST API', goal_id: 'G-001' });
    expect(story?.acceptance_criteria.length).toBeGreaterThanOrEqual(2);
    expect(story?.tasks[1]?.title).toBe('Build a REST API'); // no verb twice
  });
  it('makes stories of requirements where there are no goals', () =>
    expect(byRules('## Requirements\n- Implement Auth\n- Add Database').stories.map((one) => one.title)).toEqual([
      'Implement Auth',
      'Add Database',
    ]));
  it('makes one of a sentence', () =>
    expect(byRules('Let people post quotes. Quickly.').stories.map((one) => one.title)).toEqual([
      'Let people post quotes',
    ]));
  it.each([
    ['Implement Login', 'As a user, I want to login'],
    ['Create Dashboard', 'As a user, I want to dashboard'],
  ])('describes %s', (title, text) => expect(describeStory(title)).toBe(text));
  it('documents where there is much to tell', () => {
    expect(storyTasks('US-001', 'Login', ['one'], none).map((one) => one.title)).toEqual([
      'Design login',
      'Implement login',
      'Test login',
    ]);
    expect(storyTasks('US-001', 'Login', ['one', 'two', 'three'], none).map((one) => one.title)[3]).toBe(
      'Document login',
    );
  });
  it('asks for an interface only where the title has the word', () => {
    expect(criteriaFor('Build a REST API').join()).not.toMatch(/keyboard|Empty/);
    expect(criteriaFor('Settings page').join()).toMatch(/keyboard/);
  });
  it('keeps criteria and ids of the intent', () => {
    const { goals, stories } = byRules(
      '## Goals\n- G-1: Fast search\n  - Success criteria: under a second\n  - Verification: bench\n## Requirements\n- REQ-7: Fast search in quotes',
    );
    expect(goals).toMatchObject([
      { id: 'G-001', title: 'Fast search', success_criteria: 'under a second', verification_method: 'bench' },
    ]);
    expect(stories).toMatchObject([
      { requirement_id: 'REQ-7', acceptance_criteria: expect.arrayContaining(['Fast search in quotes']) },
    ]);
  });
  it.each([commands, none])('is sound whatever commands are known', (known) => {
    for (const raw of [
      'x',
      '## Goals\n- A page\n- B api\n## Requirements\n- C\n- D\nFlow: refactor',
      '## Goals\n- A\nScope: surgical',
    ])
      expect(
        hasErrors(validatePlan(completePlan(ruleBasedPlan(parseIntent(raw), known), parseIntent(raw), known).document)),
      ).toBe(false);
  });
});

describe('the tree of goals', () => {
  it('puts a requirement under the goal it speaks of, others beside', () =>
    expect(goalTree(['Goal 1'], ['Goal 1 Detail', 'Unrelated Requirement'])).toEqual([
      { text: 'Goal 1', children: [{ id: 'TASK-001', text: 'Goal 1 Detail' }] },
      { text: 'Unrelated Requirement', children: [{ id: 'TASK-002', text: 'Unrelated Requirement' }] },
    ]));
  it('takes objects and numbers', () =>
    expect(goalTree([{ title: 'Dict Goal' }, 123], []).map((branch) => branch.text)).toEqual(['Dict Goal', '123']));
  it('gives a goal without a requirement a task of its own', () =>
    expect(goalTree(['G'], [])[0]?.children).toEqual([{ id: 'TASK-001', text: 'G' }]));
});

describe('what code adds', () => {
  const document = plan({
    'US-001': { tasks: { T1: {}, T2: { depends_on: ['T1'] } } },
    'US-002': { depends_on: ['US-001'], tasks: { T3: { depends_on: ['T2'] } } },
  });
  const shape = (flow?: 'greenfield' | 'refactor' | 'existing', scope?: 'epic' | 'surgical', of = document) => {
    const made = completePlan(of, { ...(flow ? { flow } : {}), ...(scope ? { scope } : {}) }, commands);
    expect(validatePlan(made.document).filter((one) => one.severity === 'error')).toEqual([]);
    return made.document.stories.map(
      (story) =>
        `${story.id} after ${story.depends_on.join(' ') || '-'}: ${story.tasks.map((one) => one.id).join(' ')}`,
    );
  };

  it('is nothing where the intent states nothing', () =>
    expect(completePlan(document, {}, commands)).toEqual({ document, problems: [] }));
  it('is discovery first and validation last where something exists', () =>
    expect(shape('refactor')).toEqual([
      'US-000 after -: T-US-000-001',
      'US-001 after US-000: T1 T2',
      'US-002 after US-001: T3',
      'US-003 after US-001 US-002: T-US-003-001',
    ]));
  it('is validation alone on a green field', () =>
    expect(shape('greenfield')).toEqual([
      'US-001 after -: T1 T2',
      'US-002 after US-001: T3',
      'US-003 after US-001 US-002: T-US-003-001',
    ]));
  it('takes a discovery and a validation that are there', () => {
    const given = plan({
      'US-001': { title: 'Discovery: look', tasks: { T1: {} } },
      'US-002': { tasks: { T2: {} } },
      'US-003': { title: 'Goal validation', depends_on: ['US-002'], tasks: { T3: {} } },
    });
    expect(shape('existing', undefined, given)).toEqual([
      'US-001 after -: T1',
      'US-002 after US-001: T2',
      'US-003 after US-002: T3',
    ]);
  });
  it('is one task per story where the scope is surgical, with its checks joined and its dependencies kept', () => {
    const given = plan({
      A: {
        tasks: {
          T1: { verification_script: 'cd x && a' },
          T2: { depends_on: ['T1'], verification_script: 'b', needs: ['network'], estimate: 2 },
        },
      },
      B: { tasks: { T3: { depends_on: ['T2'] } } },
    });
    expect(shape('refactor', 'surgical', given)).toEqual(['A after -: T1', 'B after -: T3']);
    const [a, b] = completePlan(given, { scope: 'surgical' }, commands).document.stories;
    expect(a?.tasks[0]).toMatchObject({
      title: 'Story A',
      verification_script: '(\ncd x && a\n) && b',
      needs: ['network'],
      estimate: 2,
      depends_on: [],
    });
    expect(b?.tasks[0]?.depends_on).toEqual(['T1']);
  });
});
