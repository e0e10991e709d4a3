/** The sandbox of this platform: bubblewrap on Linux, sandbox-exec on macOS, none elsewhere. */
import { createSandbox as createBubblewrap } from './bubblewrap.js';
import { createSeatbelt, temporaryFolders } from './seatbelt.js';

export interface SandboxOptions {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** Folders no command may look into. */
  hidden: readonly string[];
}

export const createPlatformSandbox = ({ env, platform, hidden }: SandboxOptions) =>
  platform === 'darwin'
    ? createSeatbelt({ platform, hidden, temporary: temporaryFolders(env['TMPDIR']) })
    : createBubblewrap({ path: env['PATH'], platform, hidden });
