/** What a run would do and may spend, before it starts. */
import { previewLines, type Preview } from '../../core/view/preview.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { SheetPage } from './sheet-page.js';

export const runSheet: SheetPage<Preview> = {
  title: () => t('Before the Run'),
  load: (openexec, { id, tasks, blueprint }) =>
    openexec.request('run/preview', {
      plan: id,
      ...(tasks ? { tasks } : {}),
      ...(blueprint === undefined ? {} : { blueprint }),
    }),
  page: runPage,
  lenses: (_, __, uri) => [{ title: t('$(play) Start'), command: commands.confirmRun, arguments: [uri] }],
};

function runPage(preview: Preview): string {
  const { blueprint, model, git, budget, tasks, unasked, asks, environments, notes, stops } = previewLines(preview, t);
  const list = (lines: readonly string[], none: string): string =>
    lines.length === 0 ? none : lines.map((line) => `- ${line}`).join('\n');
  return [
    `# ${t('Before the run')}`,
    ...(stops.length === 0 ? [] : [`## ${t('Why it cannot start')}`, list(stops, '')]),
    list(
      [
        ...(blueprint === undefined ? [] : [`${t('Blueprint')}: ${blueprint}`]),
        `${t('Model')}: ${model}`,
        `${t('Git')}: ${git}`,
        `${t('Budget')}: ${budget}`,
      ],
      '',
    ),
    `## ${t('{count} tasks, in this order', { count: tasks.length })}`,
    list(tasks, t('None.')),
    `## ${t('Runs unasked')}`,
    list(unasked, t('Nothing.')),
    `## ${t('Asks first')}`,
    list(asks, t('Nothing.')),
    ...(environments.length === 0 ? [] : [`## ${t('Programs of the project')}`, list(environments, '')]),
    ...(notes.length === 0 ? [] : [`## ${t('To know')}`, list(notes, '')]),
    '',
  ].join('\n\n');
}
