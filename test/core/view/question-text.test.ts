/** The sentences of questions. The English is stored with each and compared by an exact replay, so it stands here word for word. */
import { describe, expect, it } from 'vitest';
import { approvalSchema } from '../../../src/core/model/approval.js';
import { askedText, questionText, type Wording } from '../../../src/core/view/question-text.js';
import { plain } from '../../../src/core/view/translate.js';
import { wordings } from './wordings.js';

const said = (wording: Wording): string[] => {
  const { title, why } = questionText(wording, plain);
  return [title ?? '(its own words)', why ?? '(its own words)'];
};

describe('the sentences of a question', () => {
  it.each([
    ['change-set', 'fix_lint wants to change a.ts: unused import', '(its own words)'],
    ['merge-change-set', 'The merge of T1 wants to change 2 files', '(its own words)'],
    ['command', 'lint wants to run npm run lint', '(its own words)'],
    ['command-again', 'Run make again?', 'It was running when OpenExec stopped; how far it came is not known.'],
    ['manual-task', 'Start T1: Do it?', 'The story US-1 is in manual mode.'],
    ['question', '(its own words)', 'implement asks before it goes on.'],
    ['retries-exhausted', 'T1 needs you: test failed', 'The stage test failed more often than its retries allow.'],
    ['total-retries-exhausted', 'T1 needs you: test failed', 'More than 10 failures in one attempt.'],
    ['attempts-exhausted', 'T1 needs you: test failed', 'All 3 attempts failed.'],
    ['paused-by-blueprint', 'T1 is paused at test', 'The blueprint says to pause here.'],
    ['budget-exceeded', 'The budget is used up at T1', 'usd: 0.9 of 1. Going on grants the same amount again.'],
    [
      'task-budget-exceeded',
      'The budget of the task is used up at T1',
      'tokens: 900 of 1000. Going on grants the same amount again.',
    ],
    [
      'stage-budget-exceeded',
      'The budget of the stage fix is used up at T1',
      'tokens: 900 of 1000. Going on grants the same amount again.',
    ],
    [
      'merge-conflict',
      'T1 and your tree changed the same lines of a.ts',
      'Line 3. Your tree has:\nmine\nT1 has:\nits own',
    ],
    [
      'worktree-setup',
      'T1: its worktree could not be set up',
      'The setup script of openexec.yaml did not pass: it exited 1.',
    ],
    [
      'check-green',
      'T1: its check passes before the work',
      'A check that exits 0 already proves nothing about what the task will do.',
    ],
    [
      'blueprint-unreadable',
      'The blueprint this run began with cannot be read',
      'standard_task: it is empty. Start over with standard_task as it stands now, or give the run up.',
    ],
  ] as const)('%s', (code, title, why) => expect(said(wordings[code])).toEqual([title, why]));

  it('say what cannot be merged, and what stands in no line', () => {
    const { params } = wordings['merge-conflict'];
    expect(said({ code: 'merge-conflict', params: { ...params, line: 0, mergeable: false } })).toEqual([
      'a.ts cannot be merged from the work of T1',
      'Your tree has:\nmine\nT1 has:\nits own',
    ]);
  });
});

describe('a stored question', () => {
  const row = { title: 'as it was', why: 'as it was, too' };
  it('of an older version, or with a code that is not known yet, says what is stored', () => {
    expect(askedText(row, plain)).toEqual(row);
    expect(askedText({ ...row, wording: { code: 'of tomorrow', params: {} } }, plain)).toEqual(row);
  });
  it('is said in the reader’s language', () => {
    const german = (text: string, params: Parameters<typeof plain>[1]) =>
      plain({ 'All {max} attempts failed.': 'Alle {max} Versuche schlugen fehl.' }[text] ?? text, params);
    expect(askedText({ ...row, wording: wordings['attempts-exhausted'] }, german).why).toBe(
      'Alle 3 Versuche schlugen fehl.',
    );
  });
  it('hides nothing in its title or its reason', () => {
    const command = { code: 'command', params: { stage: 'fix', command: 'rm\u00a0-rf\u202e x' } };
    expect(askedText({ title: '', why: 'a\u200bb', wording: command }, plain)).toEqual({
      title: 'fix wants to run rm<U+00A0>-rf<U+202E> x',
      why: 'a<U+200B>b',
    });
  });
  it('without a wording is read as it always was', () => {
    const old = {
      ...{ id: 'q', run: 'r', task: '', stage: '', status: 'pending', createdAt: 1, title: 't', why: 'w' },
      subject: { kind: 'manual-task', task: 'T1' },
    };
    expect(approvalSchema.parse(old)).toEqual(old);
  });
});
