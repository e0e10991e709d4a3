/**
 * Colours and layout of terminal text.
 * Text of others passes core/text/harmless before it is shown: it can move no cursor and hide nothing.
 */
import { harmless, showLine } from '../core/text/harmless.js';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const code =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`;
const same = (text: string): string => text;

export const coloured: Style = {
  bold: code(1, 22),
  dim: code(2, 22),
  red: code(31, 39),
  green: code(32, 39),
  yellow: code(33, 39),
  cyan: code(36, 39),
};
export const uncoloured: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** https://no-color.org: any value but an empty one turns colours off. */
export const chooseStyle = (
  isTTY: boolean,
  color: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Style => (isTTY && color && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? coloured : uncoloured);

/** One line of somebody else's text, at most `width` characters. */
export function oneLine(text: string, width = 160): string {
  const line = showLine(text).trim();
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}

export const indent = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');

/** A unified diff for reading: signs stay, so that it reads without colour too. */
export function paintDiff(diff: string, style: Style): string {
  return harmless(diff)
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('diff ')) return style.bold(line);
      if (line.startsWith('@@')) return style.cyan(line);
      if (line.startsWith('+')) return style.green(line);
      if (line.startsWith('-')) return style.red(line);
      return line;
    })
    .join('\n');
}

/** Columns of text, each as wide as its longest cell; the last is left as it is. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, visible(cell))));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - visible(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const visible = (text: string): number => text.replace(/\x1b\[\d+m/g, '').length;
