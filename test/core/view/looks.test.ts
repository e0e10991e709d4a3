import { describe, expect, it } from 'vitest';
import { taskStatusSchema } from '../../../src/core/model/status.js';
import { approvalLook, runLook, taskLook, type LookedAt } from '../../../src/core/view/looks.js';
import { plain as t } from '../../../src/core/view/translate.js';
import { taskLookOf } from '../../../src/core/report/report-looks.js';
import type { ReportTask } from '../../../src/core/report/report-data.js';
import { taskWord } from '../../../src/terminal/words.js';
import { uncoloured } from '../../../src/terminal/style.js';
import * as panel from '../../../webview-ui/parts/status.js';

const task = (more: Partial<LookedAt>): LookedAt => ({ status: 'pending', attempt: 1, stage: '', ...more });
const reason = { code: 'verification-failed', params: {} };

describe('a task', () => {
  it.each<[Partial<LookedAt>, string]>([
    [{}, 'ready'],
    [{ status: 'ready' }, 'ready'],
    [{ status: 'running' }, 'running'],
    [{ status: 'running', stage: 'test' }, 'running · test'],
    [{ status: 'running', stage: 'fix_tests', attempt: 2 }, 'fix_tests, attempt 2'],
    [{ status: 'running', stage: '@merge' }, 'running · merge into your tree'],
    [{ status: 'waiting', waitingFor: 'approval' }, 'needs you: approval'],
    [{ status: 'waiting', waitingFor: 'operator' }, 'needs you'],
    [{ status: 'waiting' }, 'needs you'],
    [{ status: 'waiting', waitingFor: 'operator', reason }, 'needs you: verification failed'],
    [{ status: 'done' }, 'done'],
    [{ status: 'done', unverified: true }, 'done, unverified'],
    [{ status: 'done', edited: true }, 'done (edited since)'],
    [{ status: 'skipped' }, 'skipped'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'failed', reason }, 'failed: verification failed'],
    [{ status: 'blocked' }, 'blocked'],
    [{ status: 'blocked', blockedBy: 'T-1' }, 'blocked by T-1'],
    [{ status: 'cancelled' }, 'cancelled'],
    [{ status: 'rolled-back' }, 'rolled back'],
  ])('%j is “%s” in tree, panel and terminal', (more, word) => {
    expect(taskLook(task(more)).word).toBe(word);
    expect(panel.taskLook(task(more))).toEqual(taskLook(task(more), undefined, t));
    expect(taskWord(task(more), uncoloured, { why: true }).slice(2)).toBe(word);
  });

  it('says what it waits for, in every door', () => {
    expect(taskLook(undefined, 'T-1').word).toBe('waits for T-1');
    expect(panel.taskLook(undefined, 'T-1').word).toBe('waits for T-1');
    expect(taskWord(task({}), uncoloured, { waitsFor: 'T-1' })).toBe('○ waits for T-1');
  });

  it('has the same word in a report, where the sentence of the reason stands beside it', () => {
    const inReport = (more: Partial<LookedAt>) =>
      taskLookOf({ ...task(more), unverified: more.unverified ?? false, attempts: 1 } as unknown as ReportTask).word;
    for (const status of taskStatusSchema.options) {
      const begun = status !== 'pending' && status !== 'ready';
      expect(inReport({ status, reason })).toBe(begun ? taskLook(task({ status })).word : 'not begun');
    }
    expect(inReport({ status: 'done', unverified: true })).toBe('done, unverified');
  });

  it('hides nothing in what comes from others', () => {
    expect(taskLook(task({ status: 'running', stage: 'a\u200bb' })).word).toBe('running · a<U+200B>b');
    expect(taskLook(task({ status: 'blocked', blockedBy: 'T\u202e1' })).word).toBe('blocked by T<U+202E>1');
  });
});

it('a run and a question have an icon, a tone and a word', () => {
  expect(runLook('interrupted')).toEqual({ icon: 'debug-disconnect', tone: 'care', word: 'interrupted' });
  expect(panel.runLook('completed')).toEqual(runLook('completed'));
  expect(approvalLook('command', 'pending')).toEqual({ icon: 'terminal', tone: 'care', word: 'needs you' });
  expect(approvalLook('change-set', 'partly')).toEqual({
    icon: 'diff-multiple',
    tone: 'care',
    word: 'partly accepted',
  });
});
