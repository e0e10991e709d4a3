/**
 * A long text in the person's pager: $PAGER, else less. It ends with the person, and leaves what fits the screen standing.
 * Resolves with false where there is none, or it could not be begun: the text is then to be written as it is.
 */
import { spawn } from 'node:child_process';

export function page(
  text: string,
  { env, platform }: { env: Readonly<Record<string, string | undefined>>; platform: NodeJS.Platform },
): Promise<boolean> {
  const command = env['PAGER']?.trim() || (platform === 'win32' ? '' : 'less');
  if (command === '' || env['TERM'] === 'dumb') return Promise.resolve(false);
  return new Promise((resolve) => {
    // By the shell, as every program takes PAGER: it may hold options. F: at once where it fits; R: colours; X: it stays.
    const child = spawn(command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...env, LESS: env['LESS'] ?? 'FRX' },
    });
    child.on('error', () => resolve(false));
    // 126 and 127 are the shell's: there is no such program. Whatever else it says, it was shown.
    child.on('close', (exit) => resolve(exit !== 126 && exit !== 127));
    child.stdin.on('error', () => undefined); // the person left before the end
    child.stdin.end(text);
  });
}
