/** Search/replace: a piece of text that may be part of a line. As text first, then by lines on the looser rungs. */
import type { TextHunk } from './edits.js';
import { signedLines } from './line-diff.js';
import { lineEnding, splitLines } from './lines.js';
import { endingNear, type MatchFile, type Missed, type Placed } from './match-file.js';
import { matchLines } from './match-lines.js';
import { carryPunctuation, foldPunctuation } from './rewrite-lines.js';

export function matchText(file: MatchFile, hunk: TextHunk): Placed | Missed {
  if (hunk.search === '') return { ok: false, code: 'search-empty' };
  const exact = findText(file.text, hunk.search, hunk.all);
  if (exact.length) {
    // Endings are as given where the search itself has some and they were the file's;
    // a piece of one line says nothing about them.
    const given = hunk.search.includes('\n');
    return chooseText(
      file,
      hunk,
      'exact',
      exact.map((start) => ({ start, end: start + hunk.search.length })),
      (start) => (given ? hunk.replace : withEndings(file, start, hunk.replace)),
    );
  }
  const flat = withoutReturns(file.text);
  const search = hunk.search.replace(/\r\n/g, '\n');
  const loose = findText(flat.text, search, hunk.all);
  if (loose.length) {
    return chooseText(
      file,
      hunk,
      'line-endings',
      loose.map((start) => ({ start: flat.original(start), end: flat.original(start + search.length) })),
      (start) => withEndings(file, start, hunk.replace),
    );
  }
  const byLine = matchByLines(file, hunk);
  if (byLine.ok || byLine.code === 'hunk-ambiguous') return byLine;
  const folded = findText(foldPunctuation(flat.text), foldPunctuation(search), hunk.all);
  if (folded.length) {
    return chooseText(
      file,
      hunk,
      'punctuation',
      folded.map((start) => ({ start: flat.original(start), end: flat.original(start + search.length) })),
      (start, end) => {
        const carry = carryPunctuation([search], [file.text.slice(start, end).replace(/\r\n/g, '\n')]);
        return withEndings(
          file,
          start,
          search.includes('\n') ? hunk.replace : carry(hunk.replace, search === search.trim() ? 0 : undefined),
        );
      },
    );
  }
  return byLine;
}

/** Offsets of the needle; for `all` those that do not overlap, else up to 21 of any. */
function findText(text: string, needle: string, all: boolean): number[] {
  const places: number[] = [];
  for (
    let at = text.indexOf(needle);
    at !== -1 && (all || places.length <= 20);
    at = text.indexOf(needle, at + (all ? needle.length : 1))
  )
    places.push(at);
  return places;
}

function chooseText(
  file: MatchFile,
  hunk: TextHunk,
  rung: Placed['rung'],
  places: readonly { start: number; end: number }[],
  textFor: (start: number, end: number) => string,
): Placed | Missed {
  if (places.length > 1 && !hunk.all)
    return {
      ok: false,
      code: 'hunk-ambiguous',
      candidates: places.slice(0, 20).map(({ start }) => lineAt(file, start)),
    };
  return {
    ok: true,
    rung,
    line: lineAt(file, (places[0] as { start: number }).start),
    splices: places.map(({ start, end }) => ({ start, end, text: textFor(start, end) })),
    kept: [],
  };
}

function matchByLines(file: MatchFile, hunk: TextHunk): Placed | Missed {
  const search = splitLines(endsLine(hunk.search));
  const replacement = hunk.replace === '' && hunk.search.endsWith('\n') ? [] : splitLines(endsLine(hunk.replace));
  return matchLines(
    file,
    { type: 'lines', anchors: [], atEnd: false, lines: signedLines(search, replacement) },
    0,
    hunk.all,
  );
}

const endsLine = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

function lineAt(file: MatchFile, offset: number): number {
  let [low, high] = [0, file.lines.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((file.offsets[middle] as number) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** New lines end as the lines around the place do. */
function withEndings(file: MatchFile, offset: number, text: string): string {
  if (!text.includes('\n')) return text;
  const line = lineAt(file, offset);
  const ending = lineEnding(file.lines[line - 1] ?? '') || endingNear(file, line - 1);
  return text.replace(/\r?\n/g, ending);
}

/** The text with \n for every \r\n, and the way back from its offsets. */
function withoutReturns(text: string): { text: string; original(offset: number): number } {
  const removed: number[] = []; // offsets in the flat text before which a \r was taken out
  for (let at = text.indexOf('\r\n'); at !== -1; at = text.indexOf('\r\n', at + 2)) removed.push(at - removed.length);
  return {
    text: removed.length ? text.replace(/\r\n/g, '\n') : text,
    original(offset) {
      let [low, high] = [0, removed.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((removed[middle] as number) < offset) low = middle + 1;
        else high = middle;
      }
      return offset + low;
    },
  };
}
