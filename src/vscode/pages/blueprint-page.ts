/** The page of a blueprint that nobody has seen yet: its stages, its hash, and every command of its own with what it may do. */
import type { Stage } from '../../core/model/blueprint.js';
import type { Result } from '../../core/model/requests.js';
import { t } from '../report-errors.js';
import { revealHidden } from '../words.js';

export type ShownBlueprint = Result<'blueprint/get'>;

export function blueprintPage(shown: ShownBlueprint): string {
  const parts = [
    `# ${revealHidden(shown.name)}`,
    t(
      '{state} It comes from {file}. A run would take each task through the stages below. Once you approve it, its {count} commands run unasked, each exactly as shown here and in its sandbox; what is refused stays refused, and an edited file asks again.',
      {
        state: shown.seen ? t('Approved.', {}) : t('Not approved yet.', {}),
        file: revealHidden(shown.file),
        count: shown.lines.length,
      },
    ),
    ...(shown.description === '' ? [] : [revealHidden(shown.description)]),
    `- ${t('Hash', {})}: ${shown.hash}`,
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

/** Text of others as an indented block: nothing in it can end the block. */
const block = (text: string): string =>
  revealHidden(text)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');

function stagePart(stage: Stage, lines: ShownBlueprint['lines']): string {
  const what =
    stage.type === 'agentic'
      ? t('a model with the tools of {toolset}', { toolset: stage.toolset ?? 'read_only' })
      : (stage.action ?? t('its own commands', {}));
  const ways = [
    `- ${t('What', {})}: ${what}`,
    `- ${t('Then', {})}: ${stage.onSuccess}`,
    ...(stage.onFailure === undefined
      ? []
      : [
          `- ${t('On failure', {})}: ${t('{stage}, at most {count} times', { stage: stage.onFailure, count: stage.maxRetries })}`,
        ]),
    ...(stage.routes.length === 0 ? [] : [`- ${t('The model may go to', {})}: ${stage.routes.join(', ')}`]),
  ];
  return [
    `## ${revealHidden(stage.id)} · ${revealHidden(stage.name)}`,
    ways.join('\n'),
    ...(stage.goal === '' ? [] : [block(stage.goal)]),
    ...lines.map((line) => {
      const effect = { allow: t('runs unasked', {}), ask: t('asks before it runs', {}), deny: t('is refused', {}) }[
        line.decision.effect
      ];
      return [
        block(line.script),
        '',
        `- ${t('Sandbox', {})}: ${line.sandbox}`,
        ...line.may.map((may) => `- ${t('May', {})}: ${revealHidden(may)}`),
        `- ${t('Without your approval', {})}: ${effect} (${revealHidden(line.decision.rule)}: ${revealHidden(line.decision.reason)})`,
      ].join('\n');
    }),
  ].join('\n\n');
}
