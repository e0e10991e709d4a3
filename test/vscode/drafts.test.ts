import { describe, expect, it } from 'vitest';
import type { ReviewDraft } from '../../src/core/model/approval.js';
import { createDrafts } from '../../src/vscode/approvals/drafts.js';

const draft = (proposal: string): ReviewDraft => ({
  files: [{ path: 'a.txt', proposal, hunks: {}, rejected: [], decision: 'pending' }],
});

describe('the draft of a review', () => {
  it('is stored once for a decision, though the saved text and the decision both ask for it', async () => {
    const sent: unknown[] = [];
    const drafts = createDrafts(() => undefined);
    const send = (given: ReviewDraft) => Promise.resolve(sent.push(given));
    await Promise.all([drafts.save('q', () => draft('1'), send), drafts.save('q', () => draft('1'), send)]);
    expect(sent).toHaveLength(1);
    await drafts.save('q', () => draft('2'), send);
    await drafts.save('other', () => draft('2'), send);
    expect(sent).toHaveLength(3);
  });
  it('is not overtaken by an earlier one, and not stored once the review is over', async () => {
    const sent: (string | null | undefined)[] = [];
    const drafts = createDrafts(() => undefined);
    let now: ReviewDraft | undefined = draft('1');
    const send = async (given: ReviewDraft) => {
      await Promise.resolve();
      sent.push(given.files[0]?.proposal);
    };
    const both = [drafts.save('q', () => now, send), drafts.save('q', () => draft('2'), send)];
    await Promise.all(both);
    now = undefined;
    await drafts.save('q', () => now, send);
    expect(sent).toEqual(['1', '2']);
  });
  it('that could not be stored is stored with the next try', async () => {
    const failures: unknown[] = [];
    const drafts = createDrafts((error) => failures.push(error));
    await expect(
      drafts.save(
        'q',
        () => draft('1'),
        () => Promise.reject(new Error('full')),
      ),
    ).rejects.toThrow('full');
    let sent = 0;
    await drafts.save(
      'q',
      () => draft('1'),
      () => Promise.resolve(sent++),
    );
    expect([sent, failures.length]).toEqual([1, 1]);
  });
});
