/** Files as a commit has them: what stood there before, for a comparison. */
import { OpenExecError } from '../../../core/errors.js';
import type { CommittedFile, Git } from '../../../core/ports/ports.js';
import { blobSizes, eachBlob, type MustCall } from './git-blobs.js';
import type { GitCommand } from './git-command.js';
import { fields } from './git-look.js';
import { checked, inPieces, openRepository } from './git-repository.js';

export function createCommitted(command: GitCommand): Git['committed'] {
  return async (root, head, paths, fileBytes, signal) => {
    const found = new Map<string, CommittedFile>();
    if (paths.length === 0) return found;
    const repository = await openRepository(command, root, signal);
    if (!repository) throw new OpenExecError('git-failed', { detail: 'this folder is not in a git repository' });
    const { prefix, top } = repository;
    const must: MustCall = async (args, options) =>
      checked(await command(root, args, signal, { cwd: top, ...options }));
    const plain: { path: string; sha: string }[] = [];
    for (const some of inPieces(paths.map((path) => prefix + path)))
      for (const entry of fields((await must(['ls-tree', '-z', '--full-tree', head, '--', ...some])).stdout)) {
        const match = /^(\d+) \w+ ([0-9a-f]+)\t([^]*)$/.exec(entry);
        if (!match) continue;
        const path = match[3]!.slice(prefix.length);
        found.set(path, { bytes: undefined, executable: match[1] === '100755' });
        if (match[1]!.startsWith('100')) plain.push({ path, sha: match[2]! });
      }
    const filtered = await filteredOf(
      must,
      plain.map(({ path }) => prefix + path),
    );
    const sizes = await blobSizes(must, [...new Set(plain.map(({ sha }) => sha))]);
    // Git takes the path up to the end of its line; what a filter stores is not what stood on the disk.
    const wanted = plain.filter(
      ({ path, sha }) => sizes.get(sha)! <= fileBytes && !path.includes('\n') && !filtered.has(prefix + path),
    );
    await eachBlob(
      must,
      wanted.map(({ path, sha }) => ({ sha, path: prefix + path })),
      (index, bytes) => void (found.get(wanted[index]!.path)!.bytes = new Uint8Array(bytes)),
    );
    const pointers = plain.filter(({ path, sha }) => filtered.has(prefix + path) && sizes.get(sha)! < 1024);
    await eachBlob(
      must,
      pointers.map(({ sha }) => ({ sha })),
      (index, bytes) => {
        const sha256 = /^oid sha256:([0-9a-f]{64})$/m.exec(Buffer.from(bytes).toString('latin1'))?.[1];
        if (sha256 !== undefined) found.get(pointers[index]!.path)!.sha256 = sha256;
      },
    );
    return found;
  };
}

/** Paths whose attributes name a filter, which is never run. */
async function filteredOf(must: MustCall, paths: readonly string[]): Promise<Set<string>> {
  const told = await must(['check-attr', '-z', '--stdin', 'filter'], {
    input: paths.map((path) => `${path}\0`).join(''),
  });
  const words = told.stdout.toString('utf8').split('\0');
  return new Set(
    words.flatMap((word, at) =>
      at % 3 === 0 && at + 2 < words.length && !['unspecified', 'unset'].includes(words[at + 2]!) ? [word] : [],
    ),
  );
}
