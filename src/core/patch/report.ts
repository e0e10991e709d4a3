/** What became of a patch, per hunk, as data; and the same in words for a model or a terminal. */
import type { PatchProblem } from './edits.js';
import type { MissCode, Rung } from './match-file.js';

export type HunkCode =
  | MissCode
  | 'hunk-overlap'
  // of the file as a whole, `hunk` 0
  | 'file-missing'
  | 'file-exists'
  | 'file-not-text'
  | 'file-encoding'
  | 'delete-leaves-text';

export interface HunkReport {
  path: string;
  /** 1-based within the file; 0 = the file as a whole. */
  hunk: number;
  /** How it was found; absent when it was not, or when there was nothing to look for. */
  rung?: Rung;
  /** 1-based line of the file as it was: where the hunk was found, or where the nearest thing stands. */
  line?: number;
  /** Only with `fuzzy`. */
  similarity?: number;
  /** Why it was refused. */
  code?: HunkCode;
  candidates?: number[];
  /** What stands there instead. */
  found?: string;
}

export interface PatchReport {
  applied: boolean;
  hunks: HunkReport[];
  problems: PatchProblem[];
}

const RUNG_TEXT: Record<Rung, string> = {
  exact: '',
  moved: ' (not where the header said)',
  'line-endings': ' (line endings differed)',
  'trailing-space': ' (trailing space differed)',
  indentation: ' (indentation differed; the new lines follow the file’s)',
  punctuation: ' (quotes, dashes or spaces differed; the file’s were kept)',
  fuzzy: ' (the text differed a little)',
};

export function reportText(report: PatchReport): string {
  const lines = report.problems.map(
    (problem) =>
      `${problem.severity === 'error' ? 'Not read' : 'Note'}${problem.line ? `, patch line ${problem.line}` : ''}: ${problem.message}`,
  );
  for (const hunk of report.hunks) lines.push(hunkText(hunk));
  const refused =
    report.problems.some((problem) => problem.severity === 'error') || report.hunks.some((hunk) => hunk.code);
  if (refused) lines.push('Nothing was changed: a patch is applied whole or not at all.');
  return lines.join('\n');
}

function hunkText(hunk: HunkReport): string {
  const where = hunk.hunk ? `${hunk.path}, hunk ${hunk.hunk}` : hunk.path;
  if (hunk.code === undefined)
    return hunk.rung ? `${where}: fits at line ${hunk.line ?? 1}${RUNG_TEXT[hunk.rung]}.` : `${where}: fits.`;
  switch (hunk.code) {
    case 'hunk-ambiguous':
      return `${where}: refused, its lines stand at more than one place: lines ${(hunk.candidates ?? []).join(', ')}. Give more lines around it.`;
    case 'hunk-not-found':
      return hunk.found
        ? `${where}: its lines are not in the file. Near line ${hunk.line ?? 1} the file says:\n${numbered(hunk.found, hunk.line ?? 1)}`
        : `${where}: its lines are not in the file. Read the file again before the next try.`;
    case 'anchor-not-found':
      return `${where}: a line named after "@@" is not in the file.`;
    case 'already-applied':
      return `${where}: what it would write stands at line ${hunk.line ?? 1} already.`;
    case 'search-empty':
      return `${where}: the text to search for is empty. To write a whole file, give its content.`;
    case 'hunk-overlap':
      return `${where}: refused, it changes lines that another hunk of this patch also uses.`;
    case 'file-missing':
      return `${where}: there is no such file.`;
    case 'file-exists':
      return `${where}: there is a file already. Change it with hunks, or give its whole content.`;
    case 'file-encoding':
      return `${where}: it is not UTF-8, so an edit may add ASCII to it and what stands in it already; anything else would be a guess at its encoding.`;
    case 'file-not-text':
      return `${where}: it is not text that can be edited safely.`;
    case 'delete-leaves-text':
      return `${where}: it would be deleted, but the patch does not know all of its text.`;
  }
}

const numbered = (text: string, first: number): string =>
  text
    .split('\n')
    .map((line, i) => `${String(first + i).padStart(5)} | ${line}`)
    .join('\n');
