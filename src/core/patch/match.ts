/**
 * Finds where a hunk belongs in a file, on ordered rungs: exactly at its place, exactly elsewhere, then with line
 * endings, trailing space, indentation, punctuation look-alikes set aside, then the one place that is at least 0.9
 * alike. The first rung that finds anything decides: two places on it are refused, never guessed between.
 */
import type { PatchHunk } from './edits.js';
import type { MatchFile, Missed, Placed } from './match-file.js';
import { matchLines } from './match-lines.js';
import { matchText } from './match-text.js';

/** `shift`: how many lines further down than its header said the hunk before it in this file was found. */
export function matchHunk(file: MatchFile, hunk: PatchHunk, shift: number): Placed | Missed {
  return hunk.type === 'text' ? matchText(file, hunk) : matchLines(file, hunk, shift);
}
