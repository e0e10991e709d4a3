/** What Verify Plan saw last. */
import type { PlanCheck } from '../../core/model/requests.js';
import type { PlanRecord } from '../../core/model/plan.js';
import { showLine } from '../../core/text/harmless.js';
import { duration, plainBlanks } from '../../core/view/amounts.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { block, outputBlock } from './blocks.js';
import { titleOf } from './plan-page.js';
import type { SheetPage } from './sheet-page.js';

interface ShownChecks {
  plan: PlanRecord;
  checks: Readonly<Record<string, PlanCheck>>;
}

export const checksSheet: SheetPage<ShownChecks> = {
  title: () => t('Checks'),
  async load(openexec, { id }) {
    const { plan, checks } = await openexec.request('plan/get', { plan: id });
    return plan ? { plan, checks } : undefined;
  },
  page: checksPage,
  lenses: (_, { root, id }) => [
    { title: t('$(beaker) Verify Again'), command: commands.verifyPlan, arguments: [{ root, plan: id }] },
  ],
};

/** Red first: that is what there is to do. */
function checksPage({ plan, checks }: ShownChecks): string {
  const own = new Set(plan.document.stories.flatMap((story) => [story.id, ...story.tasks.map((task) => task.id)]));
  const shown = Object.values(checks).filter((check) => own.has(check.subject));
  const section = (title: string, outcome: PlanCheck['outcome']): string[] => {
    const these = shown.filter((check) => check.outcome === outcome);
    return these.length === 0
      ? []
      : [`## ${title} (${these.length})`, ...these.map((check) => checkBlock(plan, check))];
  };
  return `${[
    `# ${t('Checks of “{name}”', { name: plan.name })}`,
    shown.length === 0
      ? t('Verify Plan has not been run yet.')
      : t(
          'Each script was run once, without a model. Green exited 0, red did not; what is broken or cannot run is evidence of nothing.',
        ),
    ...section(t('Red'), 'red'),
    ...section(t('Broken: they do not get as far as the work'), 'broken'),
    ...section(t('Cannot run here'), 'cannot-run'),
    ...section(t('Not run'), 'not-run'),
    ...section(t('Green'), 'green'),
  ].join('\n\n')}\n`;
}

function checkBlock(plan: PlanRecord, check: PlanCheck): string {
  const title = titleOf(plan, check.subject);
  const tail =
    check.outcome !== 'green' && check.tail.trim() !== ''
      ? ['', t('Its last lines:'), '', outputBlock(check.tail.trimEnd())]
      : [];
  return [
    `### ${showLine(check.subject)}${title === '' ? '' : ` · ${showLine(title)}`}`,
    '',
    block(check.script),
    '',
    `- ${showLine(check.reason)}${check.outcome === 'not-run' ? '' : ` · ${duration(check.durationMs, t)}`}`,
    `- ${plainBlanks(new Date(check.at).toLocaleString())}`,
    ...tail,
  ].join('\n');
}
