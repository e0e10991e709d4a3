/** The facts of a file's bytes that an edit must keep: byte order mark and line endings. */
import { readOther, type OtherText } from './other-encodings.js';
import { decodeLossy, decodeUtf8, encodeUtf8, type Bytes } from '../../base/bytes.js';

export interface TextFile {
  /** Without the byte order mark. */
  text: string;
  bom: boolean;
  /** UTF-8 without NUL: `encodeText` gives the same bytes back. False: `text` is for eyes only. */
  roundTrips: boolean;
}

export function decodeText(bytes: Bytes): TextFile {
  const exact = decodeUtf8(bytes);
  const whole = exact ?? decodeLossy(bytes);
  const bom = whole.startsWith('\uFEFF');
  const text = bom ? whole.slice(1) : whole;
  return { text, bom, roundTrips: exact !== undefined && !bytes.includes(0) };
}

export const encodeText = (text: string, bom: boolean): Bytes => encodeUtf8(bom ? `\uFEFF${text}` : text);

/** As text that can be changed and written back in the encoding it has; undefined = it is no text. */
export function readText(bytes: Bytes): (Omit<OtherText, 'name'> & { name: OtherText['name'] | 'UTF-8' }) | undefined {
  const { text, bom, roundTrips } = decodeText(bytes);
  if (roundTrips) return { text, name: 'UTF-8', encode: (changed) => encodeText(changed, bom) };
  return readOther(bytes);
}

/** `mixed` also for a bare \r, which editors take for an ending too; `none`: a single line. O(text). */
export function eolOf(text: string): 'lf' | 'crlf' | 'mixed' | 'none' {
  let lf = false;
  let crlf = false;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) === 13) crlf = true;
    else lf = true;
    if (lf && crlf) return 'mixed';
  }
  if (/\r(?!\n)/.test(text)) return 'mixed';
  return crlf ? 'crlf' : lf ? 'lf' : 'none';
}
