/**
 * The page of a blueprint that nobody has seen yet:
 * its stages, its hash, and every command of its own with what it may do.
 */
import { whyDecided } from '../../core/view/decision.js';
import type { Stage } from '../../core/model/blueprint.js';
import type { Result } from '../../core/model/requests.js';
import { showLine, showLines } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { block } from './blocks.js';
import type { SheetPage } from './sheet-page.js';

type ShownBlueprint = Result<'blueprint/get'>;

export const blueprintSheet: SheetPage<ShownBlueprint> = {
  title: () => t('Approve Blueprint'),
  load: (openexec, { id }) => openexec.request('blueprint/get', { id }),
  page: blueprintPage,
  lenses({ seen, lines }, _, uri) {
    if (seen) return [{ title: t('$(verified-filled) Approved'), command: '' }];
    const title = t('$(verified) Approve Blueprint · {count} commands', { count: lines.length });
    return [{ title, command: commands.confirmBlueprint, arguments: [uri] }];
  },
};

function blueprintPage(shown: ShownBlueprint): string {
  const parts = [
    `# ${showLine(shown.name)}`,
    t(
      '{state} It comes from {file}. A run would take each task through the stages below. Once you approve it, its {count} commands run unasked, each exactly as shown here and in its sandbox; what is refused stays refused, and an edited file asks again.',
      {
        state: shown.seen ? t('Approved.') : t('Not approved yet.'),
        file: shown.file,
        count: shown.lines.length,
      },
    ),
    ...(shown.description === '' ? [] : [showLines(shown.description)]),
    `- ${t('Hash')}: ${shown.hash}`,
  ];
  for (const stage of Object.values(shown.blueprint.stages))
    parts.push(
      stagePart(
        stage,
        shown.lines.filter((line) => line.stage === stage.id),
      ),
    );
  return `${parts.join('\n\n')}\n`;
}

function stagePart(stage: Stage, lines: ShownBlueprint['lines']): string {
  const what =
    stage.type === 'agentic'
      ? t('a model with the tools of {toolset}', { toolset: stage.toolset ?? 'read_only' })
      : (stage.action ?? t('its own commands'));
  const ways = [
    `- ${t('What')}: ${what}`,
    `- ${t('Then')}: ${stage.onSuccess}`,
    ...(stage.onFailure === undefined
      ? []
      : [
          `- ${t('On failure')}: ${t('{stage}, at most {count} times', { stage: stage.onFailure, count: stage.maxRetries })}`,
        ]),
    ...(stage.routes.length === 0 ? [] : [`- ${t('The model may go to')}: ${stage.routes.join(', ')}`]),
  ];
  return [
    `## ${showLine(stage.id)} · ${showLine(stage.name)}`,
    ways.join('\n'),
    ...(stage.goal === '' ? [] : [block(stage.goal)]),
    ...lines.map((line) => {
      const effect = { allow: t('runs unasked'), ask: t('asks before it runs'), deny: t('is refused') }[
        line.decision.effect
      ];
      return [
        block(line.script),
        '',
        `- ${t('Sandbox')}: ${line.sandbox}`,
        ...line.may.map((may) => `- ${t('May')}: ${showLine(may)}`),
        `- ${t('Without your approval')}: ${effect} (${showLine(line.decision.rule)}: ${showLine(whyDecided(line.decision, t))})`,
      ].join('\n');
    }),
  ].join('\n\n');
}
