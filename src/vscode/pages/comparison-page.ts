/**
 * Two runs side by side as a page, and where a replay differs from its record.
 * Columns are aligned with blanks: it is read as text.
 */
import type { ComparedTask, Comparison } from '../../core/model/compare.js';
import type { Result } from '../../core/model/requests.js';
import { showLine } from '../../core/text/harmless.js';
import type { Translate } from '../../core/view/sentences.js';
import { cost, count, duration } from '../../core/view/amounts.js';
import { runLook } from '../../core/view/looks.js';
import { block } from './blocks.js';

export function comparisonPage({ a, b, same, parts, tasks }: Comparison, t: Translate): string {
  const [first, second] = [t('First'), t('Second')];
  const money = (one: { costUsd: number | null; tokens: number }): string => cost(one.costUsd, one.tokens, t);
  const side = (task: ComparedTask | null): string =>
    task
      ? [
          task.status,
          task.attempts > 1 ? t('{count} attempts', { count: task.attempts }) : '',
          duration(task.durationMs, t),
          money(task),
        ]
          .filter(Boolean)
          .join(', ')
      : t('not in this run');
  const both = (label: string, of: (run: Comparison['a']) => string): string[] => [label, of(a), of(b)];
  const files = (paths: readonly string[]): string =>
    [...paths.slice(0, 5), ...(paths.length > 5 ? [t('and {count} more', { count: paths.length - 5 })] : [])].join(
      ', ',
    );
  return `${[
    `# ${t('Two runs compared')}`,
    aligned([
      ['', first, second],
      both(t('Title'), (run) => run.title),
      both(t('Run'), (run) => run.id),
      both(t('Outcome'), (run) => runLook(run.status, t).word),
      both(t('Model'), (run) => run.model),
      both(t('Time'), (run) => duration(run.durationMs, t)),
      both(t('Cost'), money),
      both(t('Tokens'), (run) => count(run.tokens)),
      both(t('Commits'), (run) => count(run.commits)),
    ]),
    same || !parts ? t('Both went the same way.') : `## ${t('They part at {task}', { task: parts.task })}`,
    ...(same || !parts
      ? []
      : [
          aligned([
            [first, parts.a],
            [second, parts.b],
          ]),
        ]),
    `## ${t('Tasks')}`,
    aligned([
      [t('Task'), t('Way'), first, second, tasks.some((task) => task.differ.length > 0) ? t('Files that differ') : ''],
      ...tasks.map((task) => [
        task.id,
        task.same ? t('same way') : t('differs'),
        side(task.a),
        side(task.b),
        files(task.differ),
      ]),
    ]),
  ].join('\n\n')}\n`;
}

/** `replayed` as run/replay gave it. */
export function replayPage(title: string, { divergence, events, steps }: Result<'run/replay'>, t: Translate): string {
  const name = title;
  if (!divergence)
    return `# ${t('“{name}” replays equal', { name })}\n\n${t('{events} events, the state compared after each of {steps} steps. No model, command or file was touched.', { events, steps })}\n`;
  const at = divergence.call ?? divergence.step;
  return `${[
    `# ${t('“{name}” replays differently', { name })}`,
    `${t('From event {seq} on: {what}.', { seq: divergence.seq, what: divergence.what })}${at === undefined ? '' : `\n${t('Step')}: ${showLine(at)}`}`,
    `## ${t('Then')}`,
    block(divergence.then),
    `## ${t('Now')}`,
    block(divergence.now),
  ].join('\n\n')}\n`;
}

/** Rows of cells as one block; the last cell of a row is as long as it is. */
function aligned(rows: readonly string[][]): string {
  const shown = rows.map((row) => row.map((cell) => showLine(cell)));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  return shown
    .map(
      (row) =>
        `    ${row
          .map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell))
          .join('   ')
          .trimEnd()}`,
    )
    .join('\n');
}
