/**
 * What a request tells while it works, and nobody else's:
 * a run may go beside it, and another door may ask for the same.
 */
import type { OpenExec } from './facade.js';

/** `token`: made up for this request, which is to be made with it. */
export async function withOwnProgress<T>(
  openexec: Pick<OpenExec, 'onProgress'>,
  token: string,
  say: (text: string) => void,
  request: (progressToken: string) => Promise<T>,
): Promise<T> {
  const listening = openexec.onProgress((progress) => {
    if (progress.token === token) say(progress.text);
  });
  try {
    return await request(token);
  } finally {
    listening.dispose();
  }
}
