/** Every script of a plan before it is approved. Approving binds exactly the hashes that stood on the page. */
import { whyDecided } from '../../core/view/decision.js';
import type { PlanRecord } from '../../core/model/plan.js';
import type { ScriptReview } from '../../core/model/requests.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { block } from './blocks.js';
import type { SheetPage } from './sheet-page.js';

interface ShownPlan {
  plan: PlanRecord;
  scripts: ScriptReview[];
}

export const planSheet: SheetPage<ShownPlan> = {
  title: () => t('Approve Plan'),
  async load(openexec, { id }) {
    const [{ plan }, scripts] = await Promise.all([
      openexec.request('plan/get', { plan: id }),
      openexec.request('plan/scripts', { plan: id }),
    ]);
    return plan ? { plan, scripts } : undefined;
  },
  page: planPage,
  lenses(shown, { root, id }, uri) {
    if (isApproved(shown))
      return [
        { title: t('$(verified-filled) Approved'), command: '' },
        { title: t('$(play) Run'), command: commands.run, arguments: [{ root, plan: id }] },
      ];
    const title =
      shown.scripts.length === 1
        ? t('$(verified) Approve Plan · 1 script')
        : t('$(verified) Approve Plan · {count} scripts', { count: shown.scripts.length });
    return [{ title, command: commands.confirmPlanApproval, arguments: [uri] }];
  },
};

const isApproved = ({ plan }: ShownPlan): boolean => plan.approval?.iteration === plan.iteration;

function planPage({ plan, scripts }: ShownPlan): string {
  const tasks = plan.document.stories.reduce((sum, story) => sum + story.tasks.length, 0);
  const state = plan.approval?.iteration === plan.iteration ? t('Approved.') : t('Not approved yet.');
  const parts = [
    `# ${showLine(plan.name)}`,
    t(
      '{state} Version {iteration}, {stories} stories, {tasks} tasks. A run of this plan may run the {scripts} scripts below, each exactly as shown here; a script that changes later asks again. Edits to files are shown to you when they are made.',
      {
        state,
        iteration: plan.iteration,
        stories: plan.document.stories.length,
        tasks,
        scripts: scripts.length,
      },
    ),
  ];
  if (plan.degraded) parts.push(t('This plan was made by rules, without a model.'));
  if (scripts.length === 0) parts.push(t('The plan has no scripts, so nothing in it can be verified.'));
  for (const script of scripts) {
    const title = titleOf(plan, script.subject);
    const effect = { allow: t('runs unasked'), ask: t('asks before it runs'), deny: t('is refused') }[
      script.decision.effect
    ];
    parts.push(
      [
        `## ${showLine(script.subject)}${title === '' ? '' : ` · ${showLine(title)}`}`,
        '',
        block(script.script),
        '',
        `- ${t('Folder')}: ${script.cwd === '' ? t('the workspace folder') : showLine(script.cwd)}`,
        `- ${t('Sandbox')}: ${script.sandbox}`,
        ...script.may.map((line) => `- ${t('May')}: ${showLine(line)}`),
        `- ${t('Once approved')}: ${effect} (${showLine(script.decision.rule)}: ${showLine(whyDecided(script.decision, t))})`,
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** The title of a goal, story or task; empty when the plan has none of that id. */
export function titleOf(plan: PlanRecord, subject: string): string {
  for (const story of plan.document.stories) {
    if (story.id === subject) return story.title;
    const task = story.tasks.find((candidate) => candidate.id === subject);
    if (task) return task.title;
  }
  return plan.document.goals.find((goal) => goal.id === subject)?.title ?? '';
}
