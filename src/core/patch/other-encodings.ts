/**
 * Text in an encoding that is not UTF-8: UTF-16 with its byte order mark, and what has one byte or more a character and
 * says nothing of itself (Latin-1, Windows-1252, GBK, …). Of the latter a byte is shown as Windows-1252 has it, each as one
 * character and each as its own, so that every byte that an edit does not touch stays what it is. What such an edit adds
 * is ASCII, or bytes that the file has already: anything else would be a guess at its encoding.
 */
import type { Bytes } from '../../base/bytes.js';

export interface OtherText {
  /** Without the byte order mark. */
  text: string;
  name: 'UTF-16LE' | 'UTF-16BE' | '8-bit';
  /** The same encoding; undefined = it cannot say this. */
  encode(text: string): Bytes | undefined;
}

/** undefined = it is UTF-8, or no text. O(bytes). */
export function readOther(bytes: Bytes): OtherText | undefined {
  const found = bytes[0] === 0xff && bytes[1] === 0xfe ? utf16(bytes, true) : utf16be(bytes);
  return found ?? eightBit(bytes);
}

const utf16be = (bytes: Bytes): OtherText | undefined =>
  bytes[0] === 0xfe && bytes[1] === 0xff ? utf16(bytes, false) : undefined;

function utf16(bytes: Bytes, little: boolean): OtherText | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = inPieces(bytes.length / 2 - 1, (at) => view.getUint16(2 * at + 2, little));
  if (text.includes('\0')) return undefined;
  const encode = (changed: string): Bytes => {
    const out = new DataView(new ArrayBuffer(2 * changed.length + 2));
    out.setUint16(0, 0xfeff, little);
    for (let at = 0; at < changed.length; at++) out.setUint16(2 * at + 2, changed.charCodeAt(at), little);
    return new Uint8Array(out.buffer);
  };
  return { text, name: little ? 'UTF-16LE' : 'UTF-16BE', encode };
}

/** 0x80 to 0x9F as Windows-1252 has them; the five that it leaves open stand for themselves. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const toByte = new Map([...HIGH].map((char, at) => [char.charCodeAt(0), 0x80 + at]));
const charOf = (byte: number): number => (byte >= 0x80 && byte < 0xa0 ? HIGH.charCodeAt(byte - 0x80) : byte);

function eightBit(bytes: Bytes): OtherText | undefined {
  if (!bytes.some((byte) => byte >= 0x80) || bytes.some(isControl)) return undefined;
  const text = inPieces(bytes.length, (at) => charOf(bytes[at] ?? 0));
  const known = new Set(text.match(/[^\x00-\x7f]+/g));
  const encode = (changed: string): Bytes | undefined => {
    if ((changed.match(/[^\x00-\x7f]+/g) ?? []).some((run) => !known.has(run))) return undefined;
    return Uint8Array.from({ length: changed.length }, (_, at) => {
      const code = changed.charCodeAt(at);
      return toByte.get(code) ?? code;
    });
  };
  return { text, name: '8-bit', encode };
}

/** Other than those of text: tab, line feed, form feed, carriage return, escape. */
const isControl = (byte: number): boolean =>
  byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;

function inPieces(length: number, codeAt: (at: number) => number): string {
  const pieces: string[] = [];
  for (let start = 0; start < length; start += 8192) {
    const codes = Array.from({ length: Math.min(8192, length - start) }, (_, at) => codeAt(start + at));
    pieces.push(String.fromCharCode(...codes));
  }
  return pieces.join('');
}
