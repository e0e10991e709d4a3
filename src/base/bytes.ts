/** Bytes and their text. Files are bytes at every port; text is a decision made where it is known to round-trip. */
export type Bytes = Uint8Array;

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export const encodeUtf8 = (text: string): Bytes => encoder.encode(text);

/** The text of UTF-8 bytes with a byte order mark kept as U+FEFF; undefined when the bytes are not valid UTF-8. */
export function decodeUtf8(bytes: Bytes): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined; // invalid UTF-8 is an answer here, not a failure
  }
}

/** 1,234 → 1.2 KB: steps of 1,024, one digit after the point below 100. */
export function inUnits(bytes: number): { value: number; unit: 'B' | 'KB' | 'MB' | 'GB' | 'TB' } {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;
  let [value, at] = [bytes, 0];
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1024, at + 1];
  return { value: at === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1)), unit: units[at] ?? 'B' };
}

/** For output meant for eyes: invalid sequences become U+FFFD. */
export const decodeLossy = (bytes: Bytes): string => lenient.decode(bytes);

export function equalBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
