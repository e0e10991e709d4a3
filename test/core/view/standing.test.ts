import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../../src/core/model/event.js';
import type { TaskProgress } from '../../../src/core/model/requests.js';
import { applyEvent, emptyRun } from '../../../src/core/model/run.js';
import { taskStanding, waitsForInPlan, waitsForInRun } from '../../../src/core/view/standing.js';
import { planOf } from '../engine/harness.js';

const task = (id: string, dependsOn: string[] = []) => ({
  id,
  title: id,
  story: 'US-001',
  storyTitle: 'S',
  dependsOn,
  mode: 'sequential' as const,
});
function run(id: string, ...bodies: EventBody[]) {
  const state = emptyRun(id);
  const created: EventBody = {
    type: 'run-created',
    title: 'x',
    kind: 'plan',
    plan: 'p',
    planName: 'x',
    blueprint: 'b',
    blueprintHash: 'a'.repeat(64),
    model: 'm',
    recorded: true,
    tasks: [task('T-1'), task('T-2', ['T-1'])],
    stories: [],
    budgetUsd: null,
    budgetTokens: null,
    branch: null,
    commits: false,
  };
  [created, ...bodies].forEach((body, index) =>
    applyEvent(state, { v: 1, run: id, seq: index + 1, at: 1000 * (index + 1), ...body } as RunEvent),
  );
  return state;
}
const changed = (id: string, status: string, more = {}): EventBody =>
  ({ type: 'task-changed', task: id, status, attempt: 1, ...more }) as EventBody;
const ended: EventBody = { type: 'run-finished', status: 'failed' } as EventBody;
const known = (more: Partial<TaskProgress> = {}): TaskProgress => ({
  status: 'done',
  run: 'old',
  at: 1,
  unverified: false,
  commit: 'abc',
  costUsd: 0.2,
  durationMs: 5,
  taskHash: 'a'.repeat(64),
  edited: false,
  ...more,
});
const reason = { code: 'verification-failed', params: {} };

describe('how a task stands', () => {
  it('is what the run that is folded says', () =>
    expect(taskStanding('T-1', [run('r', changed('T-1', 'running'))], { 'T-1': known() })).toMatchObject({
      status: 'running',
      run: 'r',
    }));
  it('is what the plan’s progress says where no folded run has begun it, its reason and an edit since among it', () => {
    expect(taskStanding('T-1', [], { 'T-1': known({ edited: true }) })).toMatchObject({
      status: 'done',
      edited: true,
      commit: 'abc',
      run: 'old',
    });
    expect(taskStanding('T-1', [], { 'T-1': known({ status: 'failed', reason, commit: '' }) })).toMatchObject({
      status: 'failed',
      reason,
      commit: undefined,
    });
    expect(taskStanding('T-1', [], {})).toBeUndefined();
  });
  it('is not what a run says that ended without having begun it', () =>
    expect(
      taskStanding('T-2', [run('r', changed('T-1', 'failed', { reason }), ended)], { 'T-2': known() }),
    ).toMatchObject({ status: 'done', run: 'old' }));
  it('keeps an edit since that only the plan knows of', () =>
    expect(taskStanding('T-1', [run('r', changed('T-1', 'done'))], { 'T-1': known({ edited: true }) })).toMatchObject({
      run: 'r',
      edited: true,
    }));
  it('no longer gives the reason of what was rolled back', () =>
    expect(taskStanding('T-1', [], { 'T-1': known({ status: 'rolled-back', reason }) })?.reason).toBeUndefined());
});

it('a task waits for the first of its own dependencies, in a plan and in a run', () => {
  const document = planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } });
  expect(waitsForInPlan(document, 'T-2', () => undefined)).toBe('T-1');
  expect(waitsForInPlan(document, 'T-2', () => ({ status: 'done' }))).toBeUndefined();
  const state = run('r');
  expect(waitsForInRun(state, state.tasks.get('T-2')!)).toBe('T-1');
});
