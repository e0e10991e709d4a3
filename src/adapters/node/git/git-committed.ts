/** Files as a commit has them: what stood there before, for a comparison. */
import { OpenExecError } from '../../../core/errors.js';
import type { CommittedFile, Git } from '../../../core/ports/ports.js';
import { blobSizes, eachBlob, type MustCall } from './git-blobs.js';
import type { GitCommand } from './git-command.js';
import { checked, fields, filteredOf, inPieces, openRepository } from './git-repository.js';

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
        const why = match[1] === '120000' ? 'link' : match[1] === '160000' ? 'submodule' : 'other';
        found.set(path, { bytes: undefined, why, executable: match[1] === '100755' });
        if (match[1]!.startsWith('100')) plain.push({ path, sha: match[2]! });
      }
    const filtered = await filteredOf(
      must,
      plain.map(({ path }) => prefix + path),
    );
    const sizes = await blobSizes(must, [...new Set(plain.map(({ sha }) => sha))]);
    // Git takes the path up to the end of its line; what a filter stores is not what stood on the disk.
    const wanted: typeof plain = [];
    for (const one of plain) {
      const file = found.get(one.path)!;
      if (filtered.has(prefix + one.path)) file.why = 'filtered';
      else if (sizes.get(one.sha)! > fileBytes) file.why = 'large';
      else if (!one.path.includes('\n')) wanted.push(one);
    }
    await eachBlob(
      must,
      wanted.map(({ path, sha }) => ({ sha, path: prefix + path })),
      (index, bytes) => {
        const file = found.get(wanted[index]!.path)!;
        file.bytes = new Uint8Array(bytes);
        delete file.why;
      },
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
