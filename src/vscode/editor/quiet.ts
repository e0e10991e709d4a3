/** Waits until something that speaks in bursts has had its say. Knows no vscode, so that it is tested as it runs. */
import type { Listen } from '../../base/emitter.js';

export interface QuietOptions {
  /** It spoke before: saying nothing means that nothing is new. Otherwise its first word is waited for. */
  spoke: boolean;
  onWord: Listen<void>;
  quietMs: number;
  longestMs: number;
}

/**
 * `quiet`: no word for `quietMs`, or for `longestMs` no end of them; `unheard`: not one word in `longestMs`.
 * Rejects when `signal` aborts.
 */
export function untilQuiet(
  { spoke, onWord, quietMs, longestMs }: QuietOptions,
  signal: AbortSignal,
): Promise<'quiet' | 'unheard'> {
  return new Promise((resolve, reject) => {
    let heard = spoke;
    let calm: ReturnType<typeof setTimeout> | undefined;
    const end = (finish: () => void): void => {
      clearTimeout(calm);
      clearTimeout(longest);
      listening.dispose();
      signal.removeEventListener('abort', aborted);
      finish();
    };
    const rest = (): void => {
      heard = true;
      clearTimeout(calm);
      calm = setTimeout(() => end(() => resolve('quiet')), quietMs);
    };
    const aborted = (): void => end(() => reject(signal.reason as Error));
    const longest = setTimeout(() => end(() => resolve(heard ? 'quiet' : 'unheard')), longestMs);
    const listening = onWord(rest);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else if (spoke) rest();
  });
}
