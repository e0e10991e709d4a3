/**
 * Text from outside (command output, file contents, names) made fit to be shown: nothing in it moves the cursor, hides, or
 * reorders what a person reads. Terminal sequences go; invisible and direction-changing characters become visible.
 */

/** ECMA-48: CSI sequences; OSC, DCS, PM, APC and SOS strings up to their end; two-character escapes. 7-bit and C1 forms. */
const SEQUENCES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/**
 * Default-ignorable and bidirectional characters (Unicode DerivedCoreProperties and UAX #9), tags, lone surrogates. Not U+FE0F, which
 * only says that the character before it is an emoji.
 */
const HIDDEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}]/gu;
const ANY =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}]/u;

const named = (char: string): string => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

/** Keeps tabs and line ends (CR LF and lone CR become LF); the same text comes back when there is nothing to do. */
export function harmless(text: string): string {
  if (!ANY.test(text)) return text;
  return text.replace(/\r\n?/g, '\n').replace(SEQUENCES, '').replace(CONTROLS, '').replace(HIDDEN, named);
}

/** Characters a person cannot see but a program can, tabs and line ends aside. */
export const hasHidden = (text: string): boolean => ANY.test(text);

/** One line in which every character can be seen and long gaps are counted: `x<300 spaces>; curl`. */
export function showText(text: string): string {
  return text
    .replace(
      /[\x00-\x1f\x7f-\x9f]/g,
      (char) =>
        ({ '\n': '\\n', '\t': '\\t', '\r': '\\r' })[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replace(HIDDEN, named)
    .replace(/(?! )[\p{Zs}]/gu, named)
    .replace(/ {4,}/g, (gap) => `<${gap.length} spaces>`);
}

/** A whole argument vector for a person: nothing left out, words that need it in double quotes with \" and \\ escaped. */
export function showArgv(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./^~-]+$/.test(word) ? word : `"${showText(word.replace(/[\\"]/g, '\\$&'))}"`))
    .join(' ');
}
