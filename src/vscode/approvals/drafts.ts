/**
 * Drafts of reviews on their way to the store:
 * one after the other, so that none is overtaken, and only those that say something new.
 */
import type { ReviewDraft } from '../../core/model/approval.js';

export interface Drafts {
  /** `make` is asked when its turn comes; undefined: the review is over. Rejects when `send` does. */
  save(
    approval: string,
    make: () => ReviewDraft | undefined,
    send: (draft: ReviewDraft) => Promise<unknown>,
  ): Promise<void>;
  forget(approval: string): void;
}

/** `failed` hears of each draft that could not be stored. */
export function createDrafts(failed: (error: unknown) => void): Drafts {
  const stored = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    save(approval, make, send) {
      const saving = last.then(async () => {
        const draft = make();
        const says = JSON.stringify(draft);
        if (!draft || stored.get(approval) === says) return;
        await send(draft);
        stored.set(approval, says);
      });
      last = saving.catch(failed);
      return saving;
    },
    forget: (approval) => void stored.delete(approval),
  };
}
