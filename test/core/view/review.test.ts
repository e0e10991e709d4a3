import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeFile } from '../../../src/core/model/change-set.js';
import { diffHunks } from '../../../src/core/patch/hunks.js';
import {
  acceptFile,
  acceptHunk,
  answerFile,
  answerReview,
  changeText,
  createDiff,
  decidedHunks,
  draftOf,
  isDecided,
  lineOf,
  nextPending,
  rejectFile,
  rejectHunk,
  rejectHunks,
  restoreHunk,
  resumeReview,
  roundTrips,
  standingOf,
  startReview,
  totalHunks,
  type Diff,
  type FileReview,
} from '../../../src/core/view/review.js';

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const diff: Diff = createDiff(diffHunks, { sha256 });

const base = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n';
const proposed = 'one\nTWO\nthree\nfour\nFIVE\nfive and a half\nsix\nseven\n';
const file = (more: Partial<ChangeFile> = {}): ChangeFile => ({
  path: 'a.txt',
  op: 'modify',
  before: sha256(base),
  after: sha256(proposed),
  added: 3,
  removed: 3,
  text: true,
  ...more,
});
const start = (more: Partial<ChangeFile> = {}, texts: [string | undefined, string | undefined] = [base, proposed]) =>
  startReview(file(more), texts[0], texts[1], diff);
const keys = (review: FileReview) => review.hunks.map((hunk) => hunk.key);
const key = (review: FileReview, index: number): string => {
  const found = keys(review)[index];
  if (found === undefined) throw new Error(`no hunk ${index}`);
  return found;
};
const stored: string[] = [];
const answer = (review: FileReview) => answerFile(review, (text) => (stored.push(text), Promise.resolve(sha256(text))));

describe('deciding hunks', () => {
  it('shows each change once and leaves all undecided at first', () => {
    const review = start();
    expect(review.hunks.length).toBe(3);
    expect([decidedHunks(review), totalHunks(review), isDecided(review)]).toEqual([0, 3, false]);
    expect(review.hunks.map(lineOf)).toEqual([1, 4, 8]);
  });

  it('writes the proposal itself when every hunk is accepted', async () => {
    let review = start();
    for (const each of keys(review)) review = acceptHunk(review, each);
    expect(standingOf(review)).toBe('accepted');
    expect(await answer(review)).toEqual({ path: 'a.txt', after: file().after, rejected: [], edited: false });
  });

  it('takes a rejected hunk out of the text and tells the model its lines and the comment', async () => {
    let review = start();
    review = rejectHunk(review, key(review, 1), 'keep five', diff);
    expect(review.current).toBe('one\nTWO\nthree\nfour\nfive\nsix\nseven\n');
    expect([decidedHunks(review), totalHunks(review)]).toEqual([1, 3]);
    for (const each of keys(review)) review = acceptHunk(review, each);
    const told = await answer(review);
    expect(told.after).toBe(sha256('one\nTWO\nthree\nfour\nfive\nsix\nseven\n'));
    expect(told.rejected).toEqual([
      {
        header: expect.stringMatching(/^@@ -5,1 \+5,2 @@$/) as string,
        lines: '-five\n+FIVE\n+five and a half\n',
        comment: 'keep five',
      },
    ]);
  });

  it('gives the file as it was when everything in it is rejected', async () => {
    const review = rejectFile(start(), 'no');
    expect(standingOf(review)).toBe('rejected');
    expect((await answer(review)).after).toBe(file().before);
    const created = rejectFile(start({ op: 'create', before: null }, ['', proposed]), '');
    expect((await answer(created)).after).toBeNull();
  });

  it.each([0, 1, 2])('puts rejected hunk %i back where it was', (index) => {
    const review = start();
    const rejected = rejectHunk(review, key(review, index), '', diff);
    const restored = restoreHunk(rejected, key(review, index), diff);
    expect(restored?.current).toBe(proposed);
    expect(restored?.rejected).toEqual([]);
  });

  it('puts all of them back in any order', () => {
    const review = start();
    let now: FileReview | undefined = review;
    for (const each of [2, 0, 1]) now = rejectHunk(now, key(review, each), '', diff);
    expect(now.current).toBe(base);
    for (const each of [1, 2, 0]) now = now && restoreHunk(now, key(review, each), diff);
    expect(now?.current).toBe(proposed);
  });

  it('does not put a hunk back into a place that was changed since', () => {
    const review = start();
    const rejected = rejectHunk(review, key(review, 0), '', diff);
    const typed = changeText(rejected, rejected.current.replace('two', 'zwei'), 'person', diff);
    expect(restoreHunk(typed, key(review, 0), diff)).toBeUndefined();
  });

  it('keeps a missing last newline as it was', () => {
    const review = start({}, ['a\nb', 'a\nc\n']);
    const rejected = rejectHunk(review, key(review, 0), '', diff);
    expect(rejected.current).toBe('a\nb');
    expect(restoreHunk(rejected, key(review, 0), diff)?.current).toBe('a\nc\n');
  });

  it('tells two equal changes apart by their place', () => {
    const review = start({}, ['x\n1\n2\n3\nx\n', 'y\n1\n2\n3\ny\n']);
    expect(new Set(keys(review)).size).toBe(2);
    const rejected = rejectHunk(review, key(review, 0), '', diff);
    expect(rejected.current).toBe('x\n1\n2\n3\ny\n');
    expect(decidedHunks(rejected)).toBe(1);
    const after = rejectHunk(acceptHunk(review, key(review, 1)), key(review, 0), '', diff);
    expect([isDecided(after), decidedHunks(after)]).toEqual([true, 2]);
  });

  it('all accepted give the proposal, none the text before, less some gives the proposal without them', async () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd d\n', '-- e\n');
    const text = fc
      .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('', 'end'))
      .map(([lines, end]) => lines.join('') + end);
    fc.assert(
      fc.property(text, text, fc.array(fc.boolean()), (before, after, picks) => {
        const review = startReview(file(), before, after, diff, () => true);
        const all = keys(review);
        expect(rejectHunks(review, new Set(), '', diff).current).toBe(after);
        expect(rejectHunks(review, new Set(all), '', diff).current).toBe(all.length > 0 ? before : after);
        const some = all.filter((_, index) => picks[index]);
        const left = all.filter((each) => !some.includes(each));
        const without = rejectHunks(review, new Set(some), '', diff);
        if (some.length > 0) expect(diff('a.txt', without.current, after).length).toBeGreaterThan(0);
        // What is left of the proposal, taken out of it in turn, gives the text before.
        if (without.hunks.map((hunk) => hunk.key).join() === left.join())
          expect(rejectHunks(without, new Set(left), '', diff).current).toBe(all.length > 0 ? before : after);
      }),
      { numRuns: 1000 },
    );
  });

  it('rejecting one hunk of three keeps the other two', () => {
    const review = start({}, ['1\n2\n3\n4\n5\n', 'one\n2\nthree\n4\nfive\n']);
    expect(rejectHunk(review, key(review, 1), '', diff).current).toBe('one\n2\n3\n4\nfive\n');
  });

  it('goes to the next undecided hunk and wraps once', () => {
    let review = start();
    review = acceptHunk(review, key(review, 1));
    expect(nextPending(review, 1)?.key).toBe(key(review, 2));
    expect(nextPending(review, 8)?.key).toBe(key(review, 0));
    expect(nextPending(acceptFile(review), 0)).toBeUndefined();
  });
});

describe('typing on the right side', () => {
  it('reads a reverted block as a rejection without a reason', () => {
    const review = start();
    const reverted = changeText(review, proposed.replace('TWO', 'two'), 'person', diff);
    expect(reverted.rejected.map(({ lines, comment }) => [lines, comment])).toEqual([['-two\n+TWO\n', '']]);
    expect(reverted.edited).toBe(false);
  });
  it('takes the rejection back when the person undoes it', () => {
    const review = start();
    const reverted = changeText(review, proposed.replace('TWO', 'two'), 'person', diff);
    const undone = changeText(reverted, proposed, 'person', diff);
    expect([undone.rejected, decidedHunks(undone)]).toEqual([[], 0]);
  });
  it('forgets what the person typed and took out again', async () => {
    const typed = changeText(start(), `mine\n${proposed}`, 'person', diff);
    expect([typed.edited, totalHunks(typed)]).toEqual([true, 4]);
    const back = acceptFile(changeText(typed, proposed, 'person', diff));
    expect(await answer(back)).toEqual({ path: 'a.txt', after: file().after, rejected: [], edited: false });
  });
  it('keeps an accepted hunk accepted when the person edits it, and says it was edited', async () => {
    let review = start();
    for (const each of keys(review)) review = acceptHunk(review, each);
    const typed = changeText(review, proposed.replace('TWO', 'Two'), 'person', diff);
    expect(isDecided(typed)).toBe(true);
    expect(await answer(typed)).toMatchObject({ edited: true, after: sha256(proposed.replace('TWO', 'Two')) });
  });
  it('asks again about what a save changed, also in an accepted hunk', () => {
    let review = start();
    for (const each of keys(review)) review = acceptHunk(review, each);
    expect(isDecided(changeText(review, proposed.replace('TWO', 'TWO;'), 'save', diff))).toBe(false);
    expect(isDecided(changeText(review, proposed.replace('seven', 'seven;'), 'save', diff))).toBe(false);
  });
  it('does not accept by itself what the person adds elsewhere', () => {
    const after = 'a\nB\nc\nd\ne\nf\n';
    const typed = changeText(
      acceptFile(start({}, ['a\nb\nc\nd\ne\nf\n', after])),
      after.replace('e', 'E'),
      'person',
      diff,
    );
    expect([isDecided(typed), decidedHunks(typed)]).toEqual([false, 1]);
  });
});

describe('files that are decided as a whole', () => {
  it.each([
    ['a deletion', { op: 'delete' as const, after: null }, [base, '']],
    ['bytes that are not text', { text: false }, [undefined, undefined]],
    ['mixed line endings', {}, [base, 'a\r\nb\n']],
    ['an empty new file', { op: 'create' as const, before: null }, ['', '']],
  ] as const)('%s', async (_name, more, texts) => {
    const review = start(more, [texts[0], texts[1]]);
    expect(review.level).toBe('file');
    expect((await answer(acceptFile(review))).after).toBe(review.file.after);
    expect(await answer(rejectFile(review, 'why'))).toMatchObject({
      after: review.file.before,
      rejected: [{ comment: 'why' }],
    });
  });
  it.each(['', 'why'])('are told as rejected, and their comment (“%s”) is kept over a reload', async (comment) => {
    const deleted = start({ op: 'delete', after: null }, [base, '']);
    const review = rejectFile(deleted, comment);
    const told = {
      path: 'a.txt',
      after: review.file.before,
      rejected: [{ header: '@@ whole file @@', lines: '', comment }],
    };
    expect(await answer(review)).toEqual({ ...told, edited: false });
    const draft = draftOf([review], new Map()).files[0];
    expect(await answer(resumeReview(deleted, draft!, undefined, diff))).toEqual({ ...told, edited: false });
  });
  it('knows which line endings the editor keeps', () => {
    expect(['', 'a', 'a\nb\n', 'a\r\nb\r\n', 'a\r\nb\n', 'a\rb', 'a\r\r\n'].map(roundTrips)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a byte order mark', () => {
  it('is not shown and not lost', async () => {
    let review = start({}, [`\uFEFF${base}`, `\uFEFF${proposed}`]);
    expect(review.current).toBe(proposed);
    review = acceptFile(rejectHunk(review, key(review, 0), '', diff));
    stored.length = 0;
    await answer(review);
    expect(stored[0]?.startsWith('\uFEFFone\ntwo\n')).toBe(true);
  });
});

describe('a draft', () => {
  it('brings every decision back after a reload', () => {
    let review = start();
    review = acceptHunk(review, key(review, 0));
    review = rejectHunk(review, key(review, 1), 'no', diff);
    const draft = draftOf([review], new Map([['a.txt', sha256(review.current)]])).files[0];
    if (!draft) throw new Error('no draft');
    const again = resumeReview(start(), draft, review.current, diff);
    expect({ ...again, accepted: [...again.accepted] }).toEqual({ ...review, accepted: [...review.accepted] });
  });
});

describe('the answer', () => {
  const put = (text: string) => Promise.resolve(sha256(text));
  const binary = start({ path: 'b.bin', text: false }, [undefined, undefined]);

  it('says accepted, rejected or in part, and brings the comments together once each', async () => {
    const all = [acceptFile(start()), acceptFile(binary)];
    expect(await answerReview(all, '', put)).toMatchObject({ status: 'accepted', comment: '' });
    const none = [rejectFile(start(), 'not now'), rejectFile(binary, 'not now')];
    expect(await answerReview(none, 'not now', put)).toMatchObject({ status: 'rejected', comment: 'not now' });
    const some = [acceptFile(rejectHunk(start(), key(start(), 0), 'no', diff)), rejectFile(binary, 'keep it')];
    expect(await answerReview(some, '', put)).toMatchObject({ status: 'partly', comment: 'no\nkeep it' });
  });
  it('is in part where one file was rejected without a word', async () => {
    const told = await answerReview([acceptFile(start()), rejectFile(binary, '')], '', put);
    expect(told.status).toBe('partly');
    expect(told.files.map((one) => one.rejected.length)).toEqual([0, 1]);
  });
});
