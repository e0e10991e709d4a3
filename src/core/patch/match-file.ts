/**
 * What matching works on: a file's text in lines, the views of it that each rung compares, and the shape of an answer.
 */
import { lineBody, lineEnding, splitLines } from './lines.js';
import { foldPunctuation } from './rewrite-lines.js';

export type Rung = 'exact' | 'moved' | 'line-endings' | 'trailing-space' | 'indentation' | 'punctuation' | 'fuzzy';
export type LooseRung = Exclude<Rung, 'moved' | 'fuzzy'>;

export interface Splice {
  /** Offsets in the file's text as it was. */
  start: number;
  end: number;
  text: string;
}

export interface Placed {
  ok: true;
  rung: Rung;
  /** 1-based first line of the hunk in the file as it was. */
  line: number;
  similarity?: number;
  /** Replacements in the file's text, and what the hunk relies on and leaves. */
  splices: Splice[];
  kept: { start: number; end: number }[];
}

export type MissCode = 'hunk-not-found' | 'hunk-ambiguous' | 'anchor-not-found' | 'already-applied' | 'search-empty';

export interface Missed {
  ok: false;
  code: MissCode;
  /** 1-based lines where it would fit, at most 20. */
  candidates?: number[];
  /** Where the nearest thing stands, and what it says. */
  line?: number;
  found?: string;
}

/** A file's text in lines, with the views the rungs compare, made when first needed. */
export interface MatchFile {
  text: string;
  lines: readonly string[];
  /** Offset of each line in `text`, and of its end. */
  offsets: Readonly<Float64Array>;
  view(rung: LooseRung): View;
}
export interface View {
  lines: readonly string[];
  places(line: string): readonly number[];
}

export const NORMAL: Record<LooseRung, (raw: string) => string> = {
  exact: (raw) => raw,
  'line-endings': lineBody,
  'trailing-space': (raw) => raw.trimEnd(),
  indentation: (raw) => raw.trim(),
  punctuation: (raw) => foldPunctuation(raw).trim(),
};
export const LOOSE_RUNGS = Object.keys(NORMAL) as LooseRung[];

export function matchFile(text: string): MatchFile {
  const lines = splitLines(text);
  const offsets = new Float64Array(lines.length + 1);
  for (let i = 0; i < lines.length; i++) offsets[i + 1] = (offsets[i] as number) + (lines[i] as string).length;
  const views = new Map<LooseRung, View>();
  return {
    text,
    lines,
    offsets,
    view(rung) {
      let view = views.get(rung);
      if (!view) views.set(rung, (view = createView(rung === 'exact' ? lines : lines.map(NORMAL[rung]))));
      return view;
    },
  };
}

function createView(lines: readonly string[]): View {
  let index: Map<string, number[]> | undefined;
  return {
    lines,
    places(line) {
      if (!index) {
        index = new Map();
        for (let i = 0; i < lines.length; i++) {
          const at = index.get(lines[i] as string);
          if (at) at.push(i);
          else index.set(lines[i] as string, [i]);
        }
      }
      return index.get(line) ?? [];
    },
  };
}

/** The ending a line put in at `index` gets: its neighbour's above, else below, else `\n`. */
export function endingNear(file: MatchFile, index: number): string {
  return lineEnding(file.lines[index - 1] ?? '') || lineEnding(file.lines[index] ?? '') || '\n';
}
