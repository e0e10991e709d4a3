/** A repository in memory: one branch, whole files. Merging is the real adapter's business; here a commit takes `after`. */
import { createHash } from 'node:crypto';
import { decodeLossy, encodeUtf8, equalBytes, type Bytes } from '../../src/base/bytes.js';
import { OpenExecError } from '../../src/core/errors.js';
import { asRoot, type Root } from '../../src/core/model/primitives.js';
import { unifiedDiff } from '../../src/core/patch/hunks.js';
import type { CommittedFile, Git, GitCommitFile, GitState, LookEntry } from '../../src/core/ports/ports.js';

export interface FakeGit extends Git {
  readonly commits: { sha: string; message: string; files: readonly GitCommitFile[]; sign?: true }[];
  /** Overrides parts of the state, e.g. `{ inProgress: 'merge' }`; a whole `{ kind: 'none' }` too. */
  become(state: GitState | Partial<Extract<GitState, { kind: 'ok' }>>): void;
  failNext(error: OpenExecError): void;
  /** Files of the person that are not in HEAD: no commit takes them. */
  readonly own: Set<string>;
  /** Files that somebody made executable in a worktree: `<root>/<path>`. */
  readonly executable: Set<string>;
}

/** The working trees: what a snapshot takes its files from and a worktree puts them into. Without it HEAD stands for the tree. */
export interface FakeTrees {
  dump(root?: Root): Record<string, string>;
  set(path: string, content: string | null, root?: Root): void;
}

export function createFakeGit(
  options: { files?: Readonly<Record<string, string>>; branch?: string; trees?: FakeTrees } = {},
): FakeGit {
  const commits: FakeGit['commits'] = [];
  const head = new Map<string, Bytes>(
    Object.entries(options.files ?? {}).map(([path, text]) => [path, encodeUtf8(text)]),
  );
  let state: GitState = {
    kind: 'ok',
    head: options.files ? '0'.repeat(40) : null,
    branch: options.branch ?? 'main',
    inProgress: null,
    identity: true,
    dirty: 0,
  };
  let failure: OpenExecError | undefined;
  /** Those that are not checked out. */
  const branches = new Map<string, string>();
  const snapshots = new Map<string, Record<string, string>>();
  const worktrees = new Map<string, string>();
  const placeOf = (name: string) => asRoot(`/data/worktrees/${name}`);
  const checkName = (name: string) => {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$/.test(name) || /\.(json|lock)$|\.$/.test(name))
      throw new OpenExecError('path-invalid', { path: name });
  };
  const needHead = () => {
    if (state.kind === 'missing') throw new OpenExecError('git-missing');
    if (state.kind === 'none') throw new OpenExecError('git-state', { state: 'this folder is not a git repository' });
    if (state.head === null) throw new OpenExecError('git-state', { state: 'there is no first commit yet' });
    return state.head;
  };
  const empty = (name: string) => {
    for (const path of Object.keys(options.trees?.dump(placeOf(name)) ?? {}))
      options.trees?.set(path, null, placeOf(name));
  };
  const headOf = (root: Root): Map<string, string> => {
    const sha = [...worktrees].find(([name]) => placeOf(name) === root)?.[1];
    return sha === undefined
      ? new Map([...head].map(([path, bytes]) => [path, decodeLossy(bytes)]))
      : new Map(Object.entries(snapshots.get(sha) ?? {}));
  };
  const own = new Set<string>();
  const executable = new Set<string>();
  const stateIn = (root: Root, signal: AbortSignal): GitState => {
    signal.throwIfAborted();
    const worktree = [...worktrees].find(([name]) => placeOf(name) === root);
    if (worktree)
      return {
        kind: 'ok',
        head: worktree[1],
        branch: null,
        inProgress: null,
        identity: state.kind === 'ok' && state.identity,
        dirty: 0,
      };
    return { ...state };
  };
  return {
    commits,
    own,
    executable,
    become(next) {
      state =
        'kind' in next && next.kind !== undefined
          ? (next as GitState)
          : state.kind === 'ok'
            ? { ...state, ...next }
            : state;
    },
    failNext: (error) => void (failure = error),
    state: async (root, signal) => stateIn(root, signal),
    async stateOfHead(root, signal) {
      const now = stateIn(root, signal);
      if (now.kind !== 'ok') return now;
      const { skips: _, ...rest } = now;
      return { ...rest, dirty: 0 };
    },
    async commit(_root, request, signal) {
      signal.throwIfAborted();
      if (failure) {
        const error = failure;
        failure = undefined;
        throw error;
      }
      if (state.kind === 'missing') throw new OpenExecError('git-missing');
      if (state.kind === 'none') throw new OpenExecError('git-state', { state: 'this folder is not a git repository' });
      if (state.inProgress) throw new OpenExecError('git-state', { state: `a ${state.inProgress} is in progress` });
      if (state.branch === null)
        throw new OpenExecError('git-state', { state: 'no branch is checked out (detached head)' });
      if (!state.identity) throw new OpenExecError('git-identity');
      const left = request.files.flatMap((file) => (own.has(file.path) ? [file.path] : []));
      const changes = request.files
        .filter((file) => !own.has(file.path))
        .filter((file) => {
          const now = head.get(file.path);
          return file.after === null
            ? now !== undefined || (file.from !== undefined && head.has(file.from))
            : !now || !equalBytes(now, file.after) || (file.from !== undefined && head.has(file.from));
        });
      if (changes.length === 0) return left.length > 0 ? { left } : undefined;
      for (const file of changes) {
        if (file.from !== undefined) head.delete(file.from);
        if (file.after === null) head.delete(file.path);
        else head.set(file.path, file.after);
      }
      const sha = String(commits.length + 1).padStart(40, '0');
      commits.push({
        sha,
        message: request.message,
        files: request.files,
        ...(request.sign && { sign: true as const }),
      });
      state = { ...state, head: sha };
      return left.length > 0 ? { sha, left } : { sha };
    },
    async startBranch(_root, name, signal) {
      signal.throwIfAborted();
      needHead();
      if (state.kind !== 'ok') return;
      if (state.inProgress) throw new OpenExecError('git-state', { state: `a ${state.inProgress} is in progress` });
      if (state.branch === name) return;
      if ((branches.get(name) ?? state.head) !== state.head)
        throw new OpenExecError('git-state', { state: `there is a branch ${name} already` });
      if (state.branch !== null && state.head !== null) branches.set(state.branch, state.head);
      state = { ...state, branch: name };
    },
    async compareCommit(root, request, signal) {
      signal.throwIfAborted();
      const now = stateIn(root, signal);
      if (now.kind !== 'ok' || now.head === null) return undefined;
      const files = Object.fromEntries(headOf(root));
      for (const { path, from, after } of request.files) {
        if (own.has(path)) continue;
        if (from !== undefined) delete files[from];
        if (after === null) delete files[path];
        else files[path] = decodeLossy(after);
      }
      const tree = options.trees?.dump(root) ?? Object.fromEntries(headOf(root));
      const named = (what: Record<string, string>) =>
        createHash('sha1')
          .update(JSON.stringify(Object.entries(what).sort()))
          .digest('hex');
      const sha = named({ ...files, '': request.message });
      snapshots.set(sha, files);
      const differs = [...new Set([...Object.keys(files), ...Object.keys(tree)])].filter(
        (path) => files[path] !== tree[path],
      );
      return {
        sha,
        tree: named(files),
        verified: named(tree),
        differs: differs.sort(),
        left: request.files.flatMap(({ path }) => (own.has(path) ? [path] : [])),
      };
    },
    async snapshot(root, message, signal) {
      signal.throwIfAborted();
      const parent = needHead();
      const files =
        options.trees?.dump(root) ?? Object.fromEntries([...head].map(([path, bytes]) => [path, decodeLossy(bytes)]));
      const sha = createHash('sha1')
        .update(JSON.stringify([parent, message, files]))
        .digest('hex');
      snapshots.set(sha, files);
      return { sha };
    },
    async addWorktree(_root, name, sha, _link, signal) {
      signal.throwIfAborted();
      checkName(name);
      needHead();
      const files = snapshots.get(sha);
      if (!files) throw new OpenExecError('git-failed', { detail: `not a commit: ${sha}` });
      if (worktrees.get(name) === sha) return placeOf(name);
      empty(name);
      worktrees.set(name, sha);
      for (const [path, text] of Object.entries(files)) options.trees?.set(path, text, placeOf(name));
      return placeOf(name);
    },
    async removeWorktree(_root, name, signal) {
      signal.throwIfAborted();
      checkName(name);
      empty(name);
      worktrees.delete(name);
    },
    worktrees: async () => [...worktrees.keys()].sort(),
    async differences(worktree, limits, signal) {
      signal.throwIfAborted();
      const [, sha] = [...worktrees].find(([name]) => placeOf(name) === worktree) ?? [];
      const before = (sha !== undefined && snapshots.get(sha)) || {};
      const now = options.trees?.dump(worktree) ?? before;
      const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])]
        .filter((path) => before[path] !== now[path] || executable.has(`${worktree}/${path}`))
        .sort();
      const sizes = paths
        .flatMap((path) => [before[path] ?? '', now[path] ?? ''])
        .map((text) => encodeUtf8(text).length);
      const bytes = sizes.reduce((sum, size) => sum + (size > limits.fileBytes ? 0 : size), 0);
      if (paths.length > limits.files || bytes > limits.bytes) return { count: paths.length, files: [] };
      const textOf = (text: string | undefined) =>
        text === undefined ? null : encodeUtf8(text).length > limits.fileBytes ? undefined : encodeUtf8(text);
      return {
        count: paths.length,
        files: paths.map((path) => ({
          path,
          before: textOf(before[path]),
          ...(executable.has(`${worktree}/${path}`) && { executable: true }),
        })),
      };
    },
    async look(root, ask, signal) {
      signal.throwIfAborted();
      const now = stateIn(root, signal);
      if (now.kind !== 'ok') return { kind: now.kind };
      const [before, after] = [headOf(root), options.trees?.dump(root)];
      const entries: LookEntry[] = [];
      for (const path of [...new Set([...before.keys(), ...Object.keys(after ?? {})])].sort()) {
        const text = after ? after[path] : before.get(path);
        const base = { path, tracked: before.has(path), executable: executable.has(`${root}/${path}`) };
        if (text === before.get(path) && !base.executable) continue;
        if (text === undefined) entries.push({ ...base, kind: 'gone', mark: '', size: 0 });
        else {
          const bytes = encodeUtf8(text);
          const owned = (folder: string) => [...before.keys()].some((one) => one.startsWith(`${folder}/`));
          const read = bytes.length <= ask.limits.fileBytes && (base.tracked || !ask.leave(path, owned));
          const hash = read ? await ask.keep(bytes) : undefined;
          entries.push({
            ...base,
            kind: 'file',
            mark: hash ?? createHash('sha256').update(bytes).digest('hex'),
            size: bytes.length,
            ...(hash !== undefined && { hash }),
            ...(!base.tracked && ask.leave(path, owned) && { left: true as const }),
          });
        }
      }
      if (entries.length > ask.limits.files) return { kind: 'too-many', count: entries.length };
      return { kind: 'ok', head: now.head, branch: now.branch, entries };
    },
    async committed(root, _head, paths, fileBytes, signal) {
      signal.throwIfAborted();
      const files = headOf(root);
      return new Map(
        paths.flatMap((path) => {
          const text = files.get(path);
          if (text === undefined) return [];
          const bytes = encodeUtf8(text);
          const file: CommittedFile =
            bytes.length > fileBytes
              ? { bytes: undefined, why: 'large', executable: false }
              : { bytes, executable: false };
          return [[path, file] as const];
        }),
      );
    },
    async changed(_root, shas, signal) {
      signal.throwIfAborted();
      const known = commits.filter((commit) => shas.includes(commit.sha));
      return new Map(
        known.map((commit) => [
          commit.sha,
          commit.files.flatMap((file) => (file.from === undefined ? [file.path] : [file.from, file.path])).sort(),
        ]),
      );
    },
    async findTrailer(_root, key, value, depth, signal) {
      signal.throwIfAborted();
      const newestFirst = [...commits].reverse().slice(0, depth);
      return newestFirst.find((commit) =>
        (
          commit.message
            .trimEnd()
            .split(/\n{2,}/)
            .at(-1) ?? ''
        )
          .split('\n')
          .includes(`${key}: ${value}`),
      )?.sha;
    },
    status: async () => (state.kind === 'ok' ? `## ${state.branch ?? 'HEAD (no branch)'}\n` : ''),
    async differing(root, paths, signal) {
      signal.throwIfAborted();
      const now = options.trees?.dump(root) ?? {};
      const below = (path: string) =>
        paths.length === 0 || paths.some((each) => path === each || path.startsWith(`${each}/`));
      return options.trees
        ? [...headOf(root)]
            .filter(([path, text]) => below(path) && now[path] !== text)
            .map(([path]) => path)
            .sort()
        : [];
    },
    async diff(root, files, signal) {
      signal.throwIfAborted();
      const [before, now] = [headOf(root), options.trees?.dump(root) ?? {}];
      return files.map((path) => unifiedDiff(path, before.get(path) ?? null, now[path] ?? null)).join('');
    },
    log: async (_root, count) =>
      [...commits]
        .reverse()
        .slice(0, count)
        .map((commit) => `${commit.sha.slice(0, 7)} ${commit.message.split('\n')[0]}\n`)
        .join(''),
  };
}
