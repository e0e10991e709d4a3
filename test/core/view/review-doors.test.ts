/** The same decisions on the same hunks give the same answer, byte for byte, from the editor and from the terminal. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { OpenExec } from '../../../src/core/facade.js';
import type { Approval } from '../../../src/core/model/approval.js';
import type { ChangeFile, ChangeSet } from '../../../src/core/model/change-set.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import { diffHunks } from '../../../src/core/patch/hunks.js';
import {
  acceptFile,
  acceptHunk,
  answerReview,
  createDiff,
  draftOf,
  rejectFile,
  rejectHunk,
  resumeReview,
  startReview,
  type FileReview,
} from '../../../src/core/view/review.js';
import { askApproval, type Answer } from '../../../src/terminal/review.js';
import { chooseStyle } from '../../../src/terminal/style.js';

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const diff = createDiff(diffHunks, { sha256 });

interface Given {
  /** undefined: not text. */
  before: string | undefined;
  after: string | undefined;
  deleted: boolean;
  comment: string;
  /** One a hunk; of a file that is decided as a whole the first counts. */
  yes: readonly boolean[];
  /** In which order the editor's hunks are decided, and after which of them the window is reloaded. */
  order: readonly number[];
  reload: readonly boolean[];
}

const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd  \n', '-- e\n');
const text = fc
  .tuple(fc.array(line, { maxLength: 20 }), fc.constantFrom('', 'end'))
  .map(([lines, end]) => lines.join('') + end);
const given: fc.Arbitrary<Given> = fc
  .record({
    before: text,
    after: text,
    bytes: fc.constantFrom('text', 'text', 'text', 'binary', 'deleted'),
    comment: fc.constantFrom('', 'no', 'keep it'),
    yes: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
    order: fc.array(fc.nat(), { maxLength: 20 }),
    reload: fc.array(fc.boolean(), { maxLength: 20 }),
  })
  .map(({ bytes, ...rest }) => ({
    ...rest,
    before: bytes === 'binary' ? undefined : rest.before,
    after: bytes === 'binary' ? undefined : rest.after,
    deleted: bytes === 'deleted',
  }));

const fileOf = ({ before, after, deleted }: Given, index: number): ChangeFile => ({
  path: `f${index}.txt`,
  op: deleted ? 'delete' : 'modify',
  before: sha256(before ?? `before ${index}`),
  after: deleted ? null : sha256(after ?? `after ${index}`),
  added: 0,
  removed: 0,
  text: before !== undefined,
});
const decidedAs = ({ yes }: Given, index: number): boolean => yes[index % yes.length] ?? true;

async function fromEditor(files: readonly ChangeFile[], all: readonly Given[]): Promise<Answer> {
  const reviews = files.map((file, index): FileReview => {
    const one = all[index] as Given;
    const fresh = startReview(file, one.before, one.deleted ? '' : one.after, diff);
    if (fresh.level === 'file') return decidedAs(one, 0) ? acceptFile(fresh) : rejectFile(fresh, one.comment);
    const left = fresh.hunks.map((hunk, n) => ({ key: hunk.key, yes: decidedAs(one, n) }));
    let review = fresh;
    for (let turn = 0; left.length > 0; turn++) {
      const [next] = left.splice((one.order[turn] ?? 0) % left.length, 1);
      if (!next) break;
      // A text that reads in another way once a neighbour is gone shows other hunks: nothing to compare with.
      fc.pre(review.hunks.some((hunk) => hunk.key === next.key));
      review = next.yes ? acceptHunk(review, next.key) : rejectHunk(review, next.key, one.comment, diff);
      const draft = draftOf([review], new Map([[file.path, sha256(review.current)]])).files[0];
      if (one.reload[turn] && draft) review = resumeReview(fresh, draft, review.current, diff);
    }
    fc.pre(review.hunks.every((hunk) => review.accepted.has(hunk.key)));
    return review;
  });
  return { ...(await answerReview(reviews, '', (stored) => Promise.resolve(sha256(stored)))), by: 'editor' };
}

async function fromTerminal(files: readonly ChangeFile[], all: readonly Given[]): Promise<Answer | undefined> {
  const typed = all.flatMap((one, index) => {
    const hunks = startReview(files[index] as ChangeFile, one.before, one.deleted ? '' : one.after, diff).hunks.length;
    const keys = Array.from({ length: Math.max(1, hunks) }, (_, n) => (decidedAs(one, n) ? 'a' : 'r'));
    return [...(hunks > 1 ? ['h'] : []), ...keys, ...(keys.includes('r') ? [one.comment] : [])];
  });
  const texts = new Map(
    files.flatMap((file, index) => {
      const one = all[index] as Given;
      return [[file.before, one.before] as const, [file.after, one.after] as const];
    }),
  );
  const changeSet: ChangeSet = {
    ...{ id: 'c', run: 'r', task: 'T', stage: 's', root: asRoot('/work'), title: 'x', status: 'pending' },
    files: [...files],
  };
  const approval: Approval = {
    ...{ id: 'c', run: 'r', task: 'T', stage: 's', status: 'pending', title: 'x', why: 'y', createdAt: 0 },
    subject: { kind: 'change-set', changeSet: 'c' },
  };
  const openexec = {
    request: (method: string, params: { hash?: string; text?: string }): Promise<unknown> => {
      if (method === 'approval/get') return Promise.resolve({ approval, changeSet });
      if (method === 'blob/put') return Promise.resolve({ hash: sha256(params.text ?? '') });
      const found = texts.get(params.hash ?? '');
      return Promise.resolve({ text: found ?? '', bytes: 0, binary: found === undefined, cut: false });
    },
  } as unknown as OpenExec;
  const asker = {
    style: chooseStyle(false, false, {}),
    line: () => undefined,
    ask: () => Promise.resolve(typed.shift()),
  };
  const answer = await askApproval(asker, openexec, approval, { sha256 });
  expect(typed).toEqual([]);
  return answer;
}

it('is the same answer from both', () =>
  fc.assert(
    fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 3 }), async (all) => {
      const files = all.map(fileOf);
      const editor = await fromEditor(files, all);
      expect(JSON.stringify({ ...(await fromTerminal(files, all)), by: 'editor' })).toBe(JSON.stringify(editor));
    }),
    { numRuns: 300 },
  ));
