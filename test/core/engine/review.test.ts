/** The review stage: a second model reads the change, and what it calls a blocker goes back before anything is committed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { edits, submits, type ScriptedTurn } from '../../fakes/model.js';
import { createWorld, planOf, settled, startPlan } from './harness.js';

const blueprint = readFileSync('blueprints/standard_task.yaml', 'utf8');
const red = { exitCode: 1 };
const verdict = (...findings: { severity: string; file: string; line: number; what: string }[]): ScriptedTurn => ({
  tools: [{ name: 'submit_result', input: { summary: 'read it', verdict: findings } }],
});
const blocker = { severity: 'blocker', file: 'a.txt', line: 1, what: 'loses the first line' };

describe('review', () => {
  it('sends a blocker back through fix_review and every check, and commits what passes', async () => {
    const world = await createWorld({
      blueprint,
      settings: { reviewer: 'strict', approval: 'never' },
      commands: { 'check T-1': [red, {}, {}] },
      model: {
        implement: edits('a.txt', 'one', 'new'),
        review: [verdict(blocker), verdict({ ...blocker, severity: 'minor' })],
        fix_review: submits('mended'),
      },
    });
    const run = await startPlan(world, planOf({ 'T-1': {} }));
    expect(await settled(world, run)).toBe('completed');
    const path = world.events.flatMap((event) =>
      event.type === 'stage-finished' ? [`${event.stage} ${event.outcome}`] : [],
    );
    expect(path).toEqual([
      'gather_context succeeded',
      'implement succeeded',
      'lint succeeded',
      'test succeeded',
      'build succeeded',
      'verify succeeded',
      'review failed',
      'fix_review succeeded',
      'lint succeeded',
      'test succeeded',
      'build succeeded',
      'verify succeeded',
      'review succeeded',
      'commit succeeded',
    ]);
    const asked = (stage: string) => world.model.asked.filter((request) => request.key.split('/')[3] === stage);
    expect(asked('review').map((request) => request.model)).toEqual(['strict', 'strict']);
    expect(asked('implement')[0]?.model).toBe('scripted');
    expect(JSON.stringify(asked('fix_review')[0]?.messages)).toContain('blocker a.txt:1 loses the first line');
    expect(JSON.stringify(asked('review')[0]?.messages)).toContain('+new');
    // What a stage names as its inputs is what it gets: the reviewer reads for itself.
    expect(JSON.stringify(asked('review')[0]?.messages)).not.toContain('# Context');
  });
  it('reads only: an edit by the reviewer is denied, and recorded', async () => {
    const world = await createWorld({
      blueprint,
      settings: { reviewer: 'strict', approval: 'never' },
      commands: { 'check T-1': [red, {}] },
      model: {
        implement: edits('a.txt', 'one', 'new'),
        review: [{ tools: [{ name: 'write_file', input: { path: 'a.txt', content: 'mine\n' } }] }, verdict()],
      },
    });
    const run = await startPlan(world, planOf({ 'T-1': {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'decision-made', subject: 'write_file', effect: 'deny' }),
    );
    expect(world.workspace.text('a.txt')).toBe('new\ntwo\n');
  });
  it('without a reviewer is skipped with that reason', async () => {
    const world = await createWorld({
      blueprint,
      settings: { approval: 'never' },
      commands: { 'check T-1': [red, {}] },
      model: { implement: edits('a.txt', 'one', 'new') },
    });
    const run = await startPlan(world, planOf({ 'T-1': {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: 'stage-finished',
        stage: 'review',
        outcome: 'skipped',
        summary: 'Skipped: no reviewer model is set.',
      }),
    );
  });
});
