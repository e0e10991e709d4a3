/** The folder of this person's state on each platform. By itself, because the command line asks for it before anything else is loaded. */
import { homedir } from 'node:os';
import path from 'node:path';

export function dataHome(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const given = env['OPENEXEC_HOME'];
  if (given) return path.resolve(given);
  const user = env['HOME'] || env['USERPROFILE'] || homedir();
  if (platform === 'darwin') return path.join(user, 'Library', 'Application Support', 'OpenExec');
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] || path.join(user, 'AppData', 'Local'), 'OpenExec');
  const xdg = env['XDG_DATA_HOME'];
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(user, '.local', 'share'), 'openexec');
}
