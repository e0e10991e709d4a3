/**
 * The folder of this person's state on each platform.
 * By itself, because the command line asks for it before anything else is loaded.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { OpenExecError } from '../../core/errors.js';

/** Error: usage, when OPENEXEC_HOME is not an absolute path. */
export function dataHome(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const given = env['OPENEXEC_HOME'];
  // Taken from wherever the command happens to be called it would be another state
  // in every folder, and lie in repositories.
  if (given && !path.isAbsolute(given))
    throw new OpenExecError('usage', {
      problem: `OPENEXEC_HOME is ${given}. Give it an absolute path: everything OpenExec keeps lies there, whatever the current folder is.`,
    });
  if (given) return path.resolve(given);
  const user = env['HOME'] || env['USERPROFILE'] || homedir();
  if (platform === 'darwin') return path.join(user, 'Library', 'Application Support', 'OpenExec');
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] || path.join(user, 'AppData', 'Local'), 'OpenExec');
  const xdg = env['XDG_DATA_HOME'];
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(user, '.local', 'share'), 'openexec');
}
