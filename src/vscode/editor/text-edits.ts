/**
 * The replacements that turn one text into another, line by line:
 * what is equal stays untouched, so cursors and folds do.
 */
import { splitLines } from '../../core/patch/lines.js';

export interface TextReplace {
  /** Offsets in the old text, end exclusive. */
  start: number;
  end: number;
  text: string;
}

export async function planTextEdits(before: string, after: string): Promise<TextReplace[]> {
  if (before === after) return [];
  const { lineChanges } = await import('../../core/patch/line-diff.js');
  const old = splitLines(before);
  const now = splitLines(after);
  const offsets = [0];
  for (const line of old) offsets.push((offsets.at(-1) ?? 0) + line.length);
  return lineChanges(old, now).map((change) => ({
    start: offsets[change.oldStart] ?? before.length,
    end: offsets[change.oldEnd] ?? before.length,
    text: now.slice(change.newStart, change.newEnd).join(''),
  }));
}
