/** Files in memory, one tree per root. No links: those exist on disks only, and their cases are tested there. */
import { createHash } from 'node:crypto';
import { decodeLossy, encodeUtf8, type Bytes } from '../../src/base/bytes.js';
import { OpenExecError } from '../../src/core/errors.js';
import { asRoot, type Root } from '../../src/core/model/primitives.js';
import type { Workspace, WriteOutcome } from '../../src/core/ports/ports.js';

export const fakeRoot = asRoot('/work');

export interface FakeWorkspace extends Workspace {
  /** As the person would, past every check. null deletes. */
  set(path: string, content: string | Bytes | null, root?: Root): void;
  text(path: string, root?: Root): string | undefined;
  /** Every path with its text, sorted. */
  dump(root?: Root): Record<string, string>;
  /** The labels and paths of every apply that was done. */
  readonly applied: { label: string; paths: string[] }[];
  /** `<root>/<path>` of files that may be run. */
  readonly executable: Set<string>;
  /** The next `apply` fails with this after the first file; all is put back. */
  failNext(error: OpenExecError): void;
}

const hash = (bytes: Bytes) => createHash('sha256').update(bytes).digest('hex');

export function createFakeWorkspace(files: Readonly<Record<string, string | Bytes>> = {}): FakeWorkspace {
  const trees = new Map<string, Map<string, Bytes>>();
  const tree = (root: Root) => trees.get(root) ?? trees.set(root, new Map()).get(root)!;
  const applied: FakeWorkspace['applied'] = [];
  let failure: OpenExecError | undefined;
  const isFolder = (root: Root, path: string) =>
    path === '' || [...tree(root).keys()].some((file) => file.startsWith(`${path}/`));

  const executable = new Set<string>();
  const workspace: FakeWorkspace = {
    applied,
    executable,
    failNext: (error) => void (failure = error),
    set(path, content, root = fakeRoot) {
      if (content === null) tree(root).delete(path);
      else tree(root).set(path, typeof content === 'string' ? encodeUtf8(content) : content);
    },
    text(path, root = fakeRoot) {
      const bytes = tree(root).get(path);
      return bytes && decodeLossy(bytes);
    },
    dump: (root = fakeRoot) =>
      Object.fromEntries(
        [...tree(root)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, bytes]) => [path, decodeLossy(bytes)]),
      ),
    async read(root, path, maxBytes = 50 * 1024 * 1024) {
      check(path);
      const bytes = tree(root).get(path);
      if (!bytes) {
        if (isFolder(root, path)) throw new OpenExecError('path-invalid', { path });
        return undefined;
      }
      if (bytes.length > maxBytes)
        throw new OpenExecError('file-too-large', { path, size: bytes.length, limit: maxBytes });
      return bytes.slice();
    },
    async stat(root, path) {
      if (path !== '') check(path);
      const bytes = tree(root).get(path);
      if (bytes)
        return {
          kind: 'file',
          size: bytes.length,
          realPath: path,
          viaLink: false,
          links: 1,
          executable: executable.has(`${root}/${path}`),
        };
      return isFolder(root, path) ? { kind: 'directory', size: 0, realPath: path, viaLink: false } : undefined;
    },
    async list(root, path) {
      if (path !== '') check(path);
      const prefix = path === '' ? '' : `${path}/`;
      const names = new Set<string>();
      for (const file of tree(root).keys()) {
        if (!file.startsWith(prefix)) continue;
        const rest = file.slice(prefix.length);
        const slash = rest.indexOf('/');
        names.add(slash < 0 ? rest : rest.slice(0, slash + 1));
      }
      return [...names].sort();
    },
    async files(root, limit, signal) {
      signal.throwIfAborted();
      const all = [...tree(root).keys()]
        .filter((path) => !path.split('/').some((part) => part === 'node_modules' || part === '.git'))
        .sort();
      return { paths: all.slice(0, limit), truncated: all.length > limit };
    },
    async apply(root, writes, label, signal) {
      signal.throwIfAborted();
      const standing = tree(root);
      const now = (path: string) => {
        const bytes = standing.get(path);
        return bytes ? hash(bytes) : null;
      };
      for (const write of writes) {
        check(write.path);
        if (write.from !== undefined) check(write.from);
        const changed =
          now(write.from ?? write.path) !== write.before || (write.from !== undefined && standing.has(write.path));
        if (changed) throw new OpenExecError('file-changed', { path: write.from ?? write.path });
        if (isFolder(root, write.path))
          throw new OpenExecError('file-unwritable', { path: write.path, reason: 'it is a folder' });
        const parents = write.path
          .split('/')
          .slice(0, -1)
          .map((_, i, parts) => parts.slice(0, i + 1).join('/'));
        if (parents.some((parent) => standing.has(parent)))
          throw new OpenExecError('file-unwritable', { path: write.path, reason: 'a folder above it is a file' });
      }
      if (failure) {
        const error = failure;
        failure = undefined;
        throw error;
      }
      const outcomes: WriteOutcome[] = [];
      for (const write of writes) {
        const before = executable.has(`${root}/${write.from ?? write.path}`);
        for (const gone of [write.from ?? write.path, write.path]) executable.delete(`${root}/${gone}`);
        if (write.after !== null && (write.executable ?? before)) executable.add(`${root}/${write.path}`);
        if (write.from !== undefined) standing.delete(write.from);
        if (write.after === null) standing.delete(write.path);
        else standing.set(write.path, write.after.slice());
        outcomes.push({ path: write.path, written: now(write.path) });
      }
      applied.push({ label, paths: writes.map((write) => write.path) });
      return outcomes;
    },
    tidy: async (_root, paths) => paths.forEach(check), // what is in memory has no halves
  };
  for (const [path, content] of Object.entries(files)) workspace.set(path, content);
  return workspace;
}

function check(path: string): void {
  if (path.startsWith('/') || path.split(/[/\\]/).includes('..')) throw new OpenExecError('path-outside', { path });
  if (
    path === '' ||
    path.includes('\0') ||
    path.includes('\\') ||
    path.split('/').some((part) => part === '' || part === '.')
  )
    throw new OpenExecError('path-invalid', { path });
}
