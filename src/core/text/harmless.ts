/**
 * The one place where text from outside (command output, file contents, names) is made fit to be shown: nothing in it
 * moves the cursor, hides, or reorders what a person reads. `harmless` is for output, files and diffs, whose blanks
 * mean something: terminal sequences go, what hides becomes visible. The `show…` functions are for what a person
 * decides by: there no space passes for another, and no gap pushes a part out of sight.
 */

/**
 * ECMA-48: CSI sequences; OSC, DCS, PM, APC and SOS strings up to their end; two-character escapes. 7-bit and C1 forms.
 */
const SEQUENCES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/**
 * Default-ignorable and bidirectional characters (Unicode DerivedCoreProperties and UAX #9), tags, lone surrogates.
 * Not U+FE0F, which only says that the character before it is an emoji.
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

/** Anything but the printable signs of ASCII, and gaps: without them there is nothing to show. */
const PLAIN = /^(?:(?! {4})[ -~])*$/;

/** What hides in a line, spaces that are none among it, and gaps as their number: `x<300 spaces>; curl`. */
const visible = (line: string): string =>
  line
    .replace(HIDDEN, named)
    .replace(/(?! )[\p{Zs}]/gu, named)
    .replace(/ {4,}/g, (gap) => `<${gap.length} spaces>`);

const escaped = (char: string): string =>
  ({ '\n': '\\n', '\t': '\\t', '\r': '\\r' })[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** One line in which every character can be seen, line ends too: a command, a path, whatever a yes is bound to. */
export const showText = (text: string): string =>
  PLAIN.test(text) ? text : visible(text.replace(/[\x00-\x1f\x7f-\x9f]/g, escaped));

/**
 * Words as one line: a title, a name, a sentence.
 * Line ends and tabs become a blank, terminal sequences go, all else can be seen.
 */
export const showLine = (text: string): string =>
  PLAIN.test(text) ? text : visible(harmless(text).replace(/ *[\t\n]\s*/g, ' '));

/**
 * A script or words over several lines: line ends, tabs and the blanks a line begins with stay, all else can be seen.
 */
export const showLines = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, escaped)
        .split('\n')
        .map((line) => {
          const start = /^[ \t]*/.exec(line)?.[0] ?? '';
          return start + visible(line.slice(start.length));
        })
        .join('\n');

/**
 * A whole argument vector for a person: nothing left out, words that need it in double quotes with \" and \\ escaped.
 */
export function showArgv(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./^~-]+$/.test(word) ? word : `"${showText(word.replace(/[\\"]/g, '\\$&'))}"`))
    .join(' ');
}
