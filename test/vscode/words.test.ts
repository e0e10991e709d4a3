import { describe, expect, it } from 'vitest';
import { applyEvent, emptyRun } from '../../src/core/model/run.js';
import type { EventBody, RunEvent } from '../../src/core/model/event.js';
import { plain as t } from '../../src/core/view/translate.js';
import { shortened, statusLine } from '../../src/vscode/words.js';

const state = (...bodies: EventBody[]) => {
  const run = emptyRun('r');
  bodies.forEach((body, index) =>
    applyEvent(run, { v: 1, run: 'r', seq: index + 1, at: 1000 + index, ...body } as RunEvent),
  );
  return run;
};
const task = (id: string) => ({
  id,
  title: id,
  story: 'US-001',
  storyTitle: 'S',
  dependsOn: [],
  mode: 'sequential' as const,
});
const created: EventBody = {
  type: 'run-created',
  title: 'Quotes',
  kind: 'plan',
  planName: 'Quotes',
  blueprint: 'standard_task',
  blueprintHash: 'a'.repeat(64),
  model: 'recorded',
  recorded: true,
  tasks: [task('T-1'), task('T-2')],
  stories: [],
  budgetUsd: 5,
  budgetTokens: null,
  branch: 'main',
  commits: true,
};

describe('the status bar', () => {
  it('says task n of m, the stage and the cost', () => {
    const run = state(
      created,
      { type: 'run-started' },
      { type: 'task-changed', task: 'T-1', status: 'done', attempt: 1 },
      { type: 'task-changed', task: 'T-2', status: 'running', attempt: 1 },
      {
        type: 'stage-started',
        step: 's',
        task: 'T-2',
        attempt: 1,
        stage: 'test',
        visit: 1,
        stageType: 'deterministic',
      },
    );
    expect(statusLine(run, 0, false, t)?.text).toBe('$(sync~spin) OpenExec 1/2 · test · $0.00');
    expect(statusLine(run, 0, true, t)?.text).toContain('$(sync) ');
  });
  it('turns to the person only when something waits', () => {
    expect(statusLine(state(created), 0, false, t)?.needsPerson).toBe(false);
    expect(statusLine(state(created), 2, false, t)).toMatchObject({
      text: '$(bell-dot) OpenExec: 2 approvals',
      needsPerson: true,
    });
    expect(statusLine(undefined, 0, false, t)).toBeUndefined();
  });
  it('says that a run is paused or was interrupted', () => {
    expect(
      statusLine(state(created, { type: 'run-paused', reason: { code: 'asked', params: {} } }), 0, false, t)?.text,
    ).toContain('paused');
    expect(statusLine(state(created, { type: 'run-interrupted' }), 0, false, t)?.text).toContain('interrupted');
  });
  it('say in the tooltip why a run is paused, and nothing of it once it goes on', () => {
    const paused = state(created, { type: 'run-paused', reason: { code: 'after-story', params: { story: 'US-002' } } });
    expect(statusLine(paused, 0, false, t)?.tooltip).toContain('The story US-002 is finished');
    const resumed = state(
      created,
      { type: 'run-paused', reason: { code: 'after-story', params: { story: 'US-002' } } },
      { type: 'run-resumed' },
    );
    expect(statusLine(resumed, 0, false, t)?.tooltip).not.toContain('US-002');
  });
});

describe('text of others', () => {
  it('cuts a long name between words, so that a status has room beside it', () => {
    expect(shortened('Quotes can be created')).toBe('Quotes can be created');
    expect(shortened('Quotes can be created and listed by author')).toBe('Quotes can be created and…');
    expect(shortened('x'.repeat(40))).toBe(`${'x'.repeat(28)}…`);
  });
});
