/** What a person is asked and what they can answer, in the same words at every door. */
import { assertNever } from '../../base/assert-never.js';
import type { AttentionOption } from '../model/approval.js';
import type { EventOf } from '../model/event.js';
import type { Translate } from './translate.js';

/** What one way to go on is called, and what it does; `detail` is '' where the label says it all. */
export interface OptionWords {
  label: string;
  detail: string;
}

/** The engine does different things for the same option of different questions, so the words follow the question's code. */
export function optionWords(code: string, option: AttentionOption, t: Translate): OptionWords {
  if (code.endsWith('budget-exceeded')) return ofBudget(option, t) ?? ofTask(option, t);
  if (code === 'merge-conflict') return ofMerge(option, t) ?? ofTask(option, t);
  if (code === 'blueprint-unreadable') return ofBlueprint(option, t) ?? ofTask(option, t);
  return ofTask(option, t);
}

function ofTask(option: AttentionOption, t: Translate): OptionWords {
  switch (option) {
    case 'retry':
      return { label: t('Try again', {}), detail: t('It is tried again from here.', {}) };
    case 'edit':
      return {
        label: t('The task was edited: try again with its new text', {}),
        detail: t('Edit the task first; the next attempt reads it as it stands then.', {}),
      };
    case 'continue':
      return {
        label: t('Fixed by hand: go on', {}),
        detail: t('You changed the files yourself; the check runs again.', {}),
      };
    case 'skip':
      return {
        label: t('Skip the task', {}),
        detail: t('It is left out, and what depends on it may go on.', {}),
      };
    case 'accept':
      return {
        label: t('Accept it as it is', {}),
        detail: t('The work begins although its check proves nothing.', {}),
      };
    case 'give-up':
      return { label: t('Give up: the task fails, and what depends on it is blocked', {}), detail: '' };
    default:
      return assertNever(option, 'option');
  }
}

/** A used-up budget belongs to the run: no task is mended or fails by the answer. */
function ofBudget(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'continue')
    return { label: t('Grant the same budget again', {}), detail: t('The run goes on where it stopped.', {}) };
  return option === 'give-up' ? cancelsRun(t) : undefined;
}

/** A task's work and the person's tree do not fit together. */
function ofMerge(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'continue')
    return {
      label: t('Mended by hand: merge again', {}),
      detail: t('You changed your tree, or the worktree; they are compared again.', {}),
    };
  if (option === 'retry')
    return {
      label: t('Have it done anew, in a fresh worktree of the tree as it is now', {}),
      detail: t('The task begins again and is told what it did before.', {}),
    };
  return option === 'skip' ? { label: t('Skip the task: its work stays out of the tree', {}), detail: '' } : undefined;
}

/** The run's frozen blueprint cannot be read: there is nothing to go on with. */
function ofBlueprint(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry')
    return {
      label: t('Start over with the blueprint as it stands now', {}),
      detail: t('This run is cancelled. Its tasks that are not done begin anew.', {}),
    };
  return option === 'give-up' ? cancelsRun(t) : undefined;
}

const cancelsRun = (t: Translate): OptionWords => ({
  label: t('Cancel the run', {}),
  detail: t('What was applied and committed stays.', {}),
});

/** Ends of a question's id, which is the key of the call or step it belongs to: all that an event of an older version says of its code. */
const codes: readonly [RegExp, string][] = [
  [/\/budget\/\d+$/, 'budget-exceeded'],
  [/\/task-budget\/\d+$/, 'task-budget-exceeded'],
  [/\/stage-budget\/\d+$/, 'stage-budget-exceeded'],
  [/\/conflict\/\d+$/, 'merge-conflict'],
  [/\/setup\/\d+$/, 'worktree-setup'],
  [/\/green$/, 'check-green'],
  [/^[^/]+\/blueprint$/, 'blueprint-unreadable'],
];

/** What was chosen where a run asked how to go on. An option that is not known here is shown as it is stored. */
export function chosenOption(
  { approval, option }: Pick<EventOf<'approval-answered'>, 'approval' | 'option'>,
  t: Translate,
): string {
  const known: readonly string[] = [
    'retry',
    'edit',
    'continue',
    'skip',
    'accept',
    'give-up',
  ] satisfies AttentionOption[];
  if (option === undefined || !known.includes(option)) return option ?? '';
  const code = codes.find(([end]) => end.test(approval))?.[1] ?? '';
  return optionWords(code, option as AttentionOption, t).label;
}
