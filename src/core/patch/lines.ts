/**
 * Lines that keep their endings: joined again they are the text, whatever it mixes.
 * Only \n ends a line; a \r before it belongs to the ending.
 */

export function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    if (end === -1) {
      lines.push(text.slice(start));
      break;
    }
    lines.push(text.slice(start, end + 1));
    start = end + 1;
  }
  return lines;
}

export function lineEnding(raw: string): '' | '\n' | '\r\n' {
  return raw.endsWith('\r\n') ? '\r\n' : raw.endsWith('\n') ? '\n' : '';
}

/** The line without its ending. A last line that ends in a bare \r keeps it: it is not an ending. */
export const lineBody = (raw: string): string => raw.slice(0, raw.length - lineEnding(raw).length);
