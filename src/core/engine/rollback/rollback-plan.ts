/** What a rollback, or taking one back, would do: to files, tasks and commits. Changes nothing. */
import { canonicalJson } from '../../../base/canonical.js';
import { OpenExecError } from '../../errors.js';
import type { EventOf } from '../../model/event.js';
import type { Hash, Reason } from '../../model/primitives.js';
import type { CommitRecord, FileImage } from '../../model/records.js';
import {
  ROLLBACK_TASK,
  type RollbackCommitFile,
  type RollbackRecord,
  type RollbackTarget,
} from '../../model/rollback.js';
import { taskState, type TaskState } from '../../model/run.js';
import { blocking, markOf, planFiles, segmentsOf, type FilePlan } from './rollback-files.js';
import { holdsImage, rollbackScope } from './rollback-scope.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';

export interface RollbackPlan {
  target: RollbackTarget;
  /** The rollback that is taken back. */
  of: RollbackRecord | undefined;
  /** Tasks whose status changes. */
  tasks: TaskState[];
  dependents: TaskState[];
  files: FilePlan[];
  /** Keys of the run's images that are taken back, or stand again. */
  images: string[];
  reverts: { sha: string; subject: string; task: string }[];
  commitFiles: RollbackCommitFile[];
  notes: Reason[];
  problem: Reason | undefined;
  token: Hash;
}

/** Errors: task-not-found, step-not-found, nothing-to-roll-back, rollback-over. `of` goes with `target.redo`. */
export async function planRollback(
  run: LiveRun,
  created: EventOf<'run-created'>,
  target: RollbackTarget,
  of: RollbackRecord | undefined,
  options: { diff: boolean },
  signal: AbortSignal,
): Promise<RollbackPlan> {
  const { ports, root, state } = run;
  const scope = of
    ? await redoScope(run, of)
    : { ...(await rollbackScope(ports.store, root, { state, created }, target)), commitFiles: undefined };
  const files = await planFiles(
    ports,
    root,
    scope.images,
    { leave: new Set(target.leave), diff: options.diff },
    signal,
  );
  const notes: Reason[] = [{ code: 'commands-not-undone', params: {} }];
  const git = scope.commits.length === 0 ? undefined : await ports.git.stateOfHead(root, signal);
  const { reverts, commitFiles } =
    git?.kind === 'ok' ? await revertsOf(run, scope, files, notes, signal) : { reverts: [], commitFiles: [] };
  if (git && git.kind !== 'ok') notes.push({ code: 'reverts-nothing', params: {} });
  const plan = {
    target,
    of,
    tasks: scope.tasks,
    dependents: scope.dependents,
    files,
    reverts,
    commitFiles,
    notes,
    images: of ? of.images : files.flatMap((one) => (one.file.left ? [] : one.images.map((image) => image.key))),
    problem: blocked(files) ?? (reverts.length > 0 && git?.kind === 'ok' ? gitProblem(git) : undefined),
  };
  return { ...plan, token: ports.hasher.sha256(canonicalJson(shownBy(plan))) };
}

interface WholeScope {
  tasks: TaskState[];
  dependents: TaskState[];
  images: FileImage[];
  commits: CommitRecord[];
  /** Known already: a rollback's own commit turned round. */
  commitFiles: RollbackCommitFile[] | undefined;
}

async function redoScope(run: RunPart<'id' | 'state', 'store'>, of: RollbackRecord): Promise<WholeScope> {
  const tasks = of.tasks.flatMap(({ id }) => taskState(run.state, id) ?? []);
  // Worked on since: what would be brought back is no longer what there is.
  if (of.status !== 'done' || of.of !== undefined || tasks.some((task) => task.status !== 'rolled-back'))
    throw new OpenExecError('rollback-over', {});
  const images = (await run.ports.store.fileImages(run.id, ROLLBACK_TASK)).filter((image) => image.changeSet === of.id);
  const commits =
    of.commit === undefined ? [] : (await run.ports.store.commits(run.id)).filter((commit) => commit.sha === of.commit);
  const commitFiles = of.commitFiles.map(
    ({ path, from, before, after, executable }): RollbackCommitFile => ({
      path: from ?? path,
      before: after,
      after: before,
      ...(from !== undefined && { from: path }),
      ...(executable !== undefined && before !== null && { executable: !executable }),
    }),
  );
  return { tasks, dependents: [], images, commits, commitFiles };
}

/**
 * The commits that the new one takes back, and the differences it makes: those of the run that they hold, turned round.
 */
async function revertsOf(
  run: RunPart<'root', 'git' | 'store'>,
  scope: WholeScope | (Omit<WholeScope, 'commitFiles'> & { commitFiles: undefined }),
  files: readonly FilePlan[],
  notes: Reason[],
  signal: AbortSignal,
): Promise<Pick<RollbackPlan, 'reverts' | 'commitFiles'>> {
  const { git, store } = run.ports;
  const here: { commit: CommitRecord; changed: ReadonlySet<string>; holds: (image: FileImage) => boolean }[] = [];
  const known = await git.changed(
    run.root,
    scope.commits.map((commit) => commit.sha),
    signal,
  );
  for (const commit of scope.commits) {
    const changed = known.get(commit.sha);
    if (changed === undefined) notes.push({ code: 'commit-elsewhere', params: { commit: commit.sha.slice(0, 7) } });
    else
      here.push({
        commit,
        changed: new Set(changed),
        holds: scope.commitFiles ? () => true : await holdsImage(store, commit),
      });
  }
  const left = new Set(files.flatMap(({ file }) => (file.left ? file.paths : [])));
  const isLeft = ({ path, from }: RollbackCommitFile): boolean =>
    left.has(path) || (from !== undefined && left.has(from));
  const commitFiles = scope.commitFiles
    ? here.length > 0
      ? scope.commitFiles.filter((one) => !isLeft(one))
      : []
    : files.flatMap((one) => (one.file.left ? [] : turnedRound(one, here)));
  const paths = new Set(commitFiles.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from])));
  const reverts = here
    .filter(({ changed }) => [...changed].some((path) => paths.has(path)))
    .map(({ commit: { sha, subject, task } }) => ({ sha, subject, task }));
  return { reverts, commitFiles: reverts.length > 0 ? commitFiles : [] };
}

function turnedRound(
  { file, images }: FilePlan,
  commits: readonly { changed: ReadonlySet<string>; holds: (image: FileImage) => boolean }[],
): RollbackCommitFile[] {
  const committed = images.filter((image) =>
    commits.some(
      ({ changed, holds }) =>
        holds(image) && (changed.has(image.path) || (image.from !== undefined && changed.has(image.from))),
    ),
  );
  if (committed.length === 0) return [];
  const [only, ...more] = segmentsOf(committed);
  if (only && more.length === 0) {
    const path = only.from ?? only.path;
    const mode = markOf(file.writes.find((write) => write.path === path));
    return [
      { path, before: only.after, after: only.before, ...(only.from !== undefined && { from: only.path }), ...mode },
    ];
  }
  // The person wrote in between: what the rollback does to the file is what it does to HEAD's version.
  return file.writes.map((write) => ({
    path: write.path,
    before: write.now,
    after: write.then,
    ...(write.from !== undefined && { from: write.from }),
    ...markOf(write),
  }));
}

function blocked(files: readonly FilePlan[]): Reason | undefined {
  const [first, ...more] = blocking(files);
  if (!first) return undefined;
  const code = { conflict: 'rollback-conflict', missing: 'rollback-missing', unreadable: 'rollback-unreadable' }[
    first.outcome as 'conflict' | 'missing' | 'unreadable'
  ];
  return { code, params: { path: first.path, more: more.length } };
}

function gitProblem(git: { branch: string | null; inProgress: string | null; identity: boolean }): Reason | undefined {
  if (git.inProgress) return { code: 'git-state', params: { state: `a ${git.inProgress} is in progress` } };
  if (git.branch === null) return { code: 'git-state', params: { state: 'no branch is checked out (detached head)' } };
  return git.identity ? undefined : { code: 'git-identity', params: {} };
}

/** What a person decided on. */
function shownBy(plan: Omit<RollbackPlan, 'token'>): unknown {
  return {
    target: plan.target,
    tasks: plan.tasks.map(({ id, status }) => [id, status]),
    dependents: plan.dependents.map(({ id }) => id),
    files: plan.files.map(({ file }) => [
      file.path,
      file.outcome,
      file.left,
      file.writes.map(({ path, from, now, then }) => [path, from ?? '', now, then]),
    ]),
    reverts: plan.reverts.map(({ sha }) => sha),
  };
}
