/**
 * One proposed change of a plan as a page: what a task found, and every field before and after.
 * Text of others shows what hides in it.
 */
import type { ProposalView, TaskChange } from '../../core/model/plan-proposal.js';
import { showLine } from '../../core/text/harmless.js';
import { reasonSentence } from '../../core/view/reasons.js';
import type { Translate } from '../../core/view/sentences.js';
import { block } from './blocks.js';

/** What the person saw, and of which version of the plan: an answer binds to that. */
export interface ShownProposal {
  iteration: number;
  view: ProposalView;
}

export function proposalPage(plan: string, { view }: ShownProposal, t: Translate): string {
  const state =
    view.status === 'accepted'
      ? t('Accepted: it is part of the plan.')
      : view.status === 'declined'
        ? t('Declined: the plan stayed as it was.')
        : view.problem
          ? t('It cannot be accepted as things stand. {why}', { why: reasonSentence(view.problem, t) })
          : t(
              'Nothing of it is applied yet. Accepting makes a new version of the plan; its scripts are shown to you when you approve that.',
            );
  return `${[
    `# ${t('Proposed by {task} for “{plan}”', { task: view.task, plan })}`,
    kindWord(view, t),
    block(view.message),
    state,
    ...view.changes.map((change) => changeSection(change, t)),
  ].join('\n\n')}\n`;
}

const kindWord = (view: ProposalView, t: Translate): string =>
  view.kind === 'scope-discovery'
    ? t('It found work that the plan does not hold:')
    : t('It found that the plan and the code do not fit together:');

/** One line for a list: which tasks come and which change. */
export function proposalLine(view: ProposalView, t: Translate): string {
  const added = view.changes.filter((change) => change.kind === 'added').length;
  const changed = view.changes.flatMap((change) => (change.kind === 'changed' ? [change.task] : []));
  return [
    added === 0 ? '' : added === 1 ? t('adds 1 task') : t('adds {count} tasks', { count: added }),
    changed.length === 0 ? '' : t('changes {tasks}', { tasks: changed.join(', ') }),
  ]
    .filter(Boolean)
    .join(', ');
}

function changeSection(change: TaskChange, t: Translate): string {
  const names: Record<TaskChange['fields'][number]['field'], string> = {
    title: t('Title'),
    description: t('Description'),
    technical_strategy: t('Strategy'),
    verification_script: t('Verification'),
    depends_on: t('Depends on'),
  };
  const head =
    change.kind === 'added'
      ? t('New task {task} in {story}', { task: change.task, story: change.story })
      : t('Changed task {task}', { task: change.task });
  const fields = change.fields.flatMap(({ field, before, after }) =>
    change.kind === 'added'
      ? [`${names[field]}:`, value(after, t)]
      : [`${names[field]}, ${t('before')}:`, value(before, t), `${names[field]}, ${t('after')}:`, value(after, t)],
  );
  return [`## ${showLine(head)} · ${showLine(change.title)}`, ...fields].join('\n\n');
}

const value = (text: string, t: Translate): string => (text.trim() === '' ? `    (${t('empty')})` : block(text));
