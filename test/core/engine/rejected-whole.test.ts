/** A file that is decided as a whole and rejected without a word: the model hears of it, whichever door the answer came through. */
import { describe, expect, it } from 'vitest';
import type { ChangeFile } from '../../../src/core/model/change-set.js';
import { acceptFile, answerReview, rejectFile, startReview, type FileReview } from '../../../src/core/view/review.js';
import { submits } from '../../fakes/model.js';
import { createWorld, nextApproval, planOf, settled, startPlan } from './harness.js';

const blueprint = `
version: 1
id: standard_task
name: Standard Task
start: implement
stages:
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }
`;

describe('a deletion rejected without a comment, beside a change that is accepted', () => {
  it('is told to the model, which gets another turn', async () => {
    const world = await createWorld({
      blueprint,
      files: { 'a.txt': 'one\ntwo\n', 'old.txt': 'old\n' },
      commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      model: {
        implement: [
          {
            tools: [
              { name: 'write_file', input: { path: 'a.txt', content: 'ONE\ntwo\n' } },
              {
                name: 'apply_patch',
                input: { patch: '*** Begin Patch\n*** Delete File: old.txt\n*** End Patch\n' },
              },
              { name: 'submit_result', input: { summary: 'done' } },
            ],
          },
          ...submits('kept old.txt'),
        ],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    const { id } = await nextApproval(world);
    const { changeSet } = await world.openexec.request('approval/get', { approval: id });
    const decided = (changeSet?.files ?? []).map((file: ChangeFile): FileReview => {
      const fresh = startReview(file, undefined, undefined, () => []);
      return file.path === 'old.txt' ? rejectFile(fresh, '') : acceptFile(fresh);
    });
    expect(decided.map((file) => file.file.op).sort()).toEqual(['delete', 'modify']);
    const answer = await answerReview(decided, '', () => Promise.reject(new Error('nothing was edited')));
    await world.openexec.request('approval/answer', { approval: id, answer: { ...answer, by: 'editor' } });
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('old.txt')).toBe('old\n');
    expect(world.workspace.text('a.txt')).toBe('ONE\ntwo\n');
    const told = JSON.stringify(world.model.asked.at(-1)?.messages);
    expect(world.model.asked).toHaveLength(2);
    expect(told).toContain('partly');
    expect(told).toContain('old.txt');
  });
});
