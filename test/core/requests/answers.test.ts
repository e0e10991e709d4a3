/** One question, several doors: the first answer is the one that holds, whoever else was about to write. */
import { describe, expect, it } from 'vitest';
import type { ApprovalAnswer } from '../../../src/core/model/approval.js';
import { implementVerifyCommit } from '../engine/fixtures.js';
import { createWorld, nextApproval, planOf, settled, startPlan, type World } from '../engine/harness.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { edits } from '../../fakes/model.js';
import { meeting } from './meeting.js';

const yes: ApprovalAnswer = { status: 'accepted', by: 'editor', comment: '' };
const no: ApprovalAnswer = { status: 'rejected', by: 'terminal', comment: 'not so' };
const codeOf = (one: PromiseSettledResult<unknown>): string =>
  one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code;

/** A run that asks about a change set, seen by two processes. */
async function asking() {
  const { store, together } = meeting(createMemoryStore(), 'approval');
  const one = await createWorld({
    blueprint: implementVerifyCommit,
    store,
    model: { 'T1/implement': [...edits('a.txt', 'one', 'ONE'), ...edits('a.txt', 'one', 'ONE')] },
    run: async (_script, read) => ({ exitCode: (await read('a.txt')).includes('ONE') ? 0 : 1 }),
    files: { 'a.txt': 'one\n' },
  });
  const other = await one.restart();
  const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
  const { id } = await nextApproval(one);
  const answer = (world: World, given: ApprovalAnswer) =>
    world.openexec.request('approval/answer', { approval: id, answer: given });
  return { one, other, run, id, answer, together, stored: async () => await store.approval(id) };
}

describe('an answer', () => {
  it.each([1, 2])('that comes with another, by the doors of %s processes: the first holds', async (processes) => {
    const { one, other, run, answer, together, stored } = await asking();
    together(2);
    const outcomes = await Promise.allSettled([answer(one, yes), answer(processes === 1 ? one : other, no)]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'approval-resolved']);
    expect(await stored()).toMatchObject({ status: 'accepted', answer: yes });
    expect(await settled(one, run)).toBe('completed');
  });

  it('that another process took first is what the run goes on with', async () => {
    const { one, other, run, answer, together, stored } = await asking();
    together(2);
    const outcomes = await Promise.allSettled([answer(other, yes), answer(one, no)]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'approval-resolved']);
    expect(await stored()).toMatchObject({ status: 'accepted', answer: yes });
    expect(await settled(one, run)).toBe('completed');
  });

  it('is not taken back by a draft of the review that is saved in the same moment', async () => {
    const { one, run, id, answer, together, stored } = await asking();
    together(2);
    const draft = { files: [] };
    const outcomes = await Promise.allSettled([
      answer(one, yes),
      one.openexec.request('approval/draft', { approval: id, draft }),
    ]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'approval-resolved']);
    expect(await stored()).toMatchObject({ status: 'accepted', answer: yes });
    expect(await settled(one, run)).toBe('completed');
  });
});
