/**
 * The reviews that are open: loaded from the store, drafted after each decision so that a reload loses none, answered
 * when the last file is decided. Shows nothing itself.
 */
import * as vscode from 'vscode';
import { decodeUtf8 } from '../../base/bytes.js';
import { OpenExecError } from '../../core/errors.js';
import type { ChangeSet } from '../../core/model/change-set.js';
import type { Result } from '../../core/model/requests.js';
import {
  answerReview,
  changeText,
  createDiff,
  decidedHunks,
  draftOf,
  isDecided,
  resumeReview,
  standingOf,
  startReview,
  totalHunks,
  withBom,
  type Cause,
  type Diff,
  type FileReview,
} from '../../core/view/review.js';
import type { FileStanding } from '../views/approval-items.js';
import type { ReviewStanding } from '../views/approvals-tree.js';
import type { ErrorReporter } from '../report-errors.js';
import type { OpenedFolder, Folders } from '../folders.js';
import { createDrafts } from './drafts.js';

/** Larger texts are decided as a whole: a diff of them would hold up the editor. */
const TEXT_LIMIT = 4_000_000;

export interface Review {
  readonly approval: string;
  readonly root: OpenedFolder;
  readonly changeSet: ChangeSet;
  readonly files: Map<string, FileReview>;
  /** Blob of the right side as it was last stored, by path. */
  readonly proposals: Map<string, string>;
  /** Time of the last change of each right side, for the file system. */
  readonly changedAt: Map<string, number>;
  readonly loadedAt: number;
}

export interface Reviews extends ReviewStanding, vscode.Disposable {
  /** Errors: approval-not-found, approval-resolved. */
  load(root: string, approval: string): Promise<Review>;
  peek(approval: string): Review | undefined;
  readonly all: Iterable<Review>;
  /**
   * Puts a new state in place of a file's and stores the draft. The right side's text must be stored first (`store`).
   */
  set(review: Review, file: FileReview): Promise<void>;
  /** The right side as it is saved: a blob, and the draft that names it. */
  store(review: Review, path: string, bytes: Uint8Array): Promise<void>;
  /** The right side as it is typed. */
  typed(review: Review, path: string, text: string, cause: Cause): void;
  /** Sends the answer. `comment` goes to the model with it. */
  answer(review: Review, comment: string): Promise<Result<'approval/answer'>>;
  forget(approval: string): void;
  diff(): Promise<Diff>;
  /** Fires with the approval's id. */
  readonly onDidChange: vscode.Event<string>;
  /** The answer was sent, or given elsewhere. */
  readonly onDidClose: vscode.Event<string>;
}

export function createReviews(folders: Folders, reporter: ErrorReporter): Reviews {
  const loading = new Map<string, Promise<Review>>();
  const open = new Map<string, Review>();
  const changed = new vscode.EventEmitter<string>();
  const closed = new vscode.EventEmitter<string>();
  let diffing: Promise<Diff> | undefined;
  let differ: Diff | undefined;
  const drafts = createDrafts((error) => reporter.log.error('storing a review', error));

  const diff = (): Promise<Diff> => (diffing ??= loadDiff().then((loaded) => (differ = loaded)));

  function load(rootPath: string, approval: string): Promise<Review> {
    const earlier = loading.get(approval);
    if (earlier) return earlier;
    const reading = read(rootPath, approval);
    loading.set(approval, reading);
    reading.catch(() => loading.delete(approval)); // told by whoever asked
    return reading;
  }

  async function read(rootPath: string, approval: string): Promise<Review> {
    const [root, hunks] = await Promise.all([folders.root(rootPath), diff()]);
    const review = await readReview(root, approval, hunks);
    open.set(approval, review);
    changed.fire(approval);
    return review;
  }

  const saveDraft = (review: Review): Promise<void> =>
    drafts.save(
      review.approval,
      () => (open.has(review.approval) ? draftOf(review.files.values(), review.proposals) : undefined),
      (draft) => review.root.openexec.request('approval/draft', { approval: review.approval, draft }),
    );

  function forget(approval: string): void {
    loading.delete(approval);
    drafts.forget(approval);
    if (open.delete(approval)) closed.fire(approval);
  }

  const listening = folders.onDidChangeModel((change) => {
    if (!change.approvals) return;
    const model = folders.open?.model;
    for (const review of [...open.values()])
      if (review.root.model === model && !model.approvals.some(({ approval }) => approval.id === review.approval))
        forget(review.approval);
  });

  return {
    load,
    peek: (approval) => open.get(approval),
    get all() {
      return open.values();
    },
    async set(review, file) {
      review.files.set(file.file.path, file);
      changed.fire(review.approval);
      await saveDraft(review);
    },
    async store(review, path, bytes) {
      const file = review.files.get(path);
      const text = decodeUtf8(bytes);
      if (!file || text === undefined) throw new OpenExecError('file-not-text', { path });
      if (file.level === 'file') throw new OpenExecError('path-protected', { path });
      const { hash } = await review.root.openexec.request('blob/put', { text });
      review.proposals.set(path, hash);
      review.changedAt.set(path, Math.max((review.changedAt.get(path) ?? review.loadedAt) + 1, Date.now()));
      await saveDraft(review);
    },
    typed(review, path, text, cause) {
      const file = review.files.get(path);
      if (!file || !differ || file.current === text) return;
      review.files.set(path, changeText(file, text, cause, differ));
      changed.fire(review.approval);
    },
    async answer(review, comment) {
      const put = async (text: string): Promise<string> =>
        (await review.root.openexec.request('blob/put', { text })).hash;
      const answer = await answerReview([...review.files.values()], comment, put);
      const { approval } = review;
      try {
        return await review.root.openexec.request('approval/answer', {
          approval,
          answer: { ...answer, by: 'editor' },
        });
      } finally {
        forget(approval);
      }
    },
    forget,
    diff,
    file(approval, path): FileStanding | undefined {
      const file = open.get(approval)?.files.get(path);
      return file && fileStanding(file);
    },
    onDidChange: changed.event,
    onDidClose: closed.event,
    dispose() {
      listening.dispose();
      changed.dispose();
      closed.dispose();
    },
  };
}

/** Loaded with the first review: the extension starts without it. */
async function loadDiff(): Promise<Diff> {
  const [{ diffHunks }, { createHash }] = await Promise.all([
    import('../../core/patch/hunks.js'),
    import('node:crypto'),
  ]);
  return createDiff(diffHunks, { sha256: (data) => createHash('sha256').update(data).digest('hex') });
}

/** A review as its draft left it. Errors: approval-not-found, approval-resolved. */
async function readReview(root: OpenedFolder, approval: string, hunks: Diff): Promise<Review> {
  const found = await root.openexec.request('approval/get', { approval });
  const { changeSet } = found;
  if (!changeSet) throw new OpenExecError('approval-not-found');
  if (found.approval.status !== 'pending')
    throw new OpenExecError('approval-resolved', { status: found.approval.status });
  const review: Review = {
    approval,
    root,
    changeSet,
    files: new Map(),
    proposals: new Map(),
    changedAt: new Map(),
    loadedAt: Date.now(),
  };
  await Promise.all(
    changeSet.files.map(async (file) => {
      const [base, proposed] = await Promise.all([textOf(root, file.before), textOf(root, file.after)]);
      const fresh = startReview(file, base, proposed, hunks);
      const draft = found.approval.draft?.files.find((candidate) => candidate.path === file.path);
      const edited = draft && draft.proposal !== file.after ? await textOf(root, draft.proposal) : undefined;
      if (draft?.proposal && draft.proposal !== file.after) review.proposals.set(file.path, draft.proposal);
      review.files.set(file.path, draft ? resumeReview(fresh, draft, edited, hunks) : fresh);
    }),
  );
  // The order of the change set, not that of the answers.
  const ordered = changeSet.files.flatMap((file): [string, FileReview][] => {
    const state = review.files.get(file.path);
    return state ? [[file.path, state]] : [];
  });
  review.files.clear();
  for (const [path, state] of ordered) review.files.set(path, state);
  return review;
}

/** '' for no file; undefined for what cannot be shown as text. */
async function textOf(root: OpenedFolder, hash: string | null): Promise<string | undefined> {
  if (hash === null) return '';
  const blob = await root.openexec.request('blob/text', { hash, max: TEXT_LIMIT });
  return blob.binary || blob.cut ? undefined : blob.text;
}

function fileStanding(file: FileReview): FileStanding {
  const label = (header: string, count: string) => `${header.replaceAll('@', '').trim()} ${count}`.trim();
  return {
    decided: decidedHunks(file),
    state: standingOf(file),
    hunks: [
      ...file.hunks.map((hunk) => ({
        id: hunk.key,
        label: label('', `+${hunk.newLines} −${hunk.oldLines}`),
        state: file.accepted.has(hunk.key) ? ('accepted' as const) : ('pending' as const),
        comment: '',
      })),
      ...file.rejected.map((hunk) => ({
        id: hunk.id,
        label: label(hunk.header, ''),
        state: 'rejected' as const,
        comment: hunk.comment,
      })),
    ],
  };
}

/** "2 of 5 hunks decided" over all files; files that have no hunks count as one. */
export function progressOf(review: Review): { decided: number; total: number } {
  let decided = 0;
  let total = 0;
  for (const file of review.files.values()) {
    decided += file.level === 'hunks' ? decidedHunks(file) : isDecided(file) ? 1 : 0;
    total += file.level === 'hunks' ? totalHunks(file) : 1;
  }
  return { decided, total };
}

export const allDecided = (review: Review): boolean => [...review.files.values()].every(isDecided);

/**
 * The bytes of one side, as the file system serves them.
 * Files that are not text have none: they are decided from the list.
 */
export const sideText = (file: FileReview, side: 'base' | 'proposal'): string =>
  side === 'base'
    ? file.file.before === null
      ? ''
      : file.base
    : file.file.after === null
      ? ''
      : withBom(file, file.current);
