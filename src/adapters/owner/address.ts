/** Where the owner's socket stands: in a folder only this user may enter, on a path short enough for every system. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OpenExecError } from '../../core/errors.js';

/** sun_path holds 104 bytes on macOS, 108 on Linux, with the closing zero. */
const LONGEST = 103;

export interface AddressSystem {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
}

/** `name` is random and new for every holder: a socket left by a dead one is never met. Errors: store-unwritable. */
export function socketAddress(dataDir: string, name: string, { platform, env }: AddressSystem): string {
  if (platform === 'win32')
    return `\\\\.\\pipe\\openexec-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}-${name}`;
  const near = path.join(dataDir, 'owner', `${name}.sock`);
  if (Buffer.byteLength(near) <= LONGEST) return near;
  const user = process.getuid?.() ?? 0;
  const runtime = env['XDG_RUNTIME_DIR'];
  const tops = [...(runtime && path.isAbsolute(runtime) ? [runtime] : []), tmpdir(), '/tmp'];
  for (const top of tops) {
    const dir = path.join(top, `openexec-${user}`);
    const address = path.join(dir, `${name}.sock`);
    if (Buffer.byteLength(address) <= LONGEST && ownFolder(dir, user)) return address;
  }
  throw new OpenExecError('store-unwritable', { path: dataDir, reason: 'no folder for the local socket' });
}

/** The folder for temporary files is everyone's: a folder somebody else put there under this name is not used. */
function ownFolder(dir: string, user: number): boolean {
  try {
    // Not what is above it: a folder for temporary files that is not there is not made.
    if (lstatSync(dir, { throwIfNoEntry: false }) === undefined) mkdirSync(dir, { mode: 0o700 });
    const found = lstatSync(dir);
    return found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0;
  } catch {
    return false; // not writable: the next place
  }
}

export function removeAddress(address: string): void {
  if (!address.startsWith('\\\\')) rmSync(address, { force: true });
}
