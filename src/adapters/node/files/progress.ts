/**
 * Output as it comes, for eyes: told at most ten times a second, whole lines where possible, and only
 * the newest when there is more than fits.
 */
const everyMs = 100;
const mostChars = 16 * 1024;

export interface OutputProgress {
  /** One decoder per pipe, so that a character cut between two chunks is whole again. */
  add(chunk: Buffer, decoder: TextDecoder): void;
  /** Tells what is left. Nothing is told afterwards. */
  end(): void;
}

export function createOutputProgress(tell: (text: string) => void, clean: (text: string) => string): OutputProgress {
  let pending = '';
  /** The end of a chunk that alone is all that fits: copied in place and decoded only when it is told, so that a flood leaves no garbage. */
  let flood: Buffer | undefined;
  let floodDecoder: TextDecoder | undefined;
  let timer: NodeJS.Timeout | undefined;
  let grewSince = false;
  let ended = false;

  function decodeFlood(): void {
    if (!flood || !floodDecoder) return;
    pending = floodDecoder.decode(flood, { stream: true });
    floodDecoder = undefined;
  }

  function flush(all: boolean): void {
    timer = undefined;
    decodeFlood();
    // The last line may still be growing: it waits one round, so that a secret in it is not cut in two.
    const cut = all || !grewSince || pending.length > mostChars ? pending.length : pending.lastIndexOf('\n') + 1;
    const text = pending.slice(0, cut);
    pending = pending.slice(cut);
    grewSince = false;
    if (text !== '') tell(clean(text.length > mostChars ? text.slice(-mostChars) : text));
    if (pending !== '' && !ended) timer = setTimeout(() => flush(false), everyMs);
  }

  return {
    add(chunk, decoder) {
      if (ended) return;
      // Nobody reads more than fits: what is older is left out before it is decoded.
      if (chunk.length >= mostChars) {
        flood ??= Buffer.alloc(mostChars);
        chunk.copy(flood, 0, chunk.length - mostChars);
        floodDecoder = decoder;
        pending = '';
      } else {
        decodeFlood();
        pending =
          (pending.length > 2 * mostChars ? pending.slice(-mostChars) : pending) +
          decoder.decode(chunk, { stream: true });
      }
      grewSince = true;
      timer ??= setTimeout(() => flush(false), everyMs);
    },
    end() {
      if (timer) clearTimeout(timer);
      ended = true;
      flush(true);
    },
  };
}
