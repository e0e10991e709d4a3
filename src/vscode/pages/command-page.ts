/** A command that asks, exactly as it would run. */
import type { Approval } from '../../core/model/approval.js';
import { showArgv, showLine } from '../../core/text/harmless.js';
import { askedText } from '../../core/view/question-text.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { block } from './blocks.js';
import type { SheetPage } from './sheet-page.js';

export const commandSheet: SheetPage<Approval> = {
  title: () => t('Command'),
  load: async (openexec, { id }) => (await openexec.request('approval/get', { approval: id })).approval,
  page: commandPage,
  lenses: (_, { root, id }) => [
    { title: t('$(question) Answer…'), command: commands.review, arguments: [{ root, approval: id }] },
  ],
};

export function commandPage(approval: Approval): string {
  const { subject } = approval;
  const { title, why } = askedText(approval, t);
  if (subject.kind !== 'command') return `# ${title}\n\n${why}\n`;
  return [
    `# ${title}`,
    why,
    block(subject.script ?? showArgv(subject.argv ?? [])),
    [
      `- ${t('How')}: ${subject.script === undefined ? t('started directly, without a shell') : t('given to a shell, exactly as shown')}`,
      `- ${t('Folder')}: ${subject.cwd === '' ? t('the workspace folder') : showLine(subject.cwd)}`,
      `- ${t('Sandbox')}: ${subject.sandbox}`,
    ].join('\n'),
    '',
  ].join('\n\n');
}
