/**
 * What a person is asked and what they can answer, in the same words at every door.
 * A door paints it, and asks for the comment.
 */
import { assertNever } from '../../base/assert-never.js';
import type { Approval, ApprovalAnswer, ApprovalSubject, AttentionOption } from '../model/approval.js';
import type { EventOf } from '../model/event.js';
import { showArgv, showLine, showLines, showText } from '../text/harmless.js';
import { askedText } from './question-text.js';
import type { Translate } from './translate.js';

/** One answer that is offered. All texts are safe to be shown. */
export interface Choice {
  /** What a door binds a key or an icon to. Of the model's own suggestions `suggestion-1` and so on. */
  id: AttentionOption | 'once' | 'run' | 'always' | 'start' | 'words' | 'decline' | `suggestion-${number}`;
  label: string;
  /** What it does; '' where the label says it all. */
  detail: string;
  /** All of the answer but who gives it, and the comment where one is wanted. */
  answer: Pick<ApprovalAnswer, 'status' | 'option' | 'scope'> & { comment?: string };
  /** `comment`: why, which may be empty. `words`: the answer itself, which may not. */
  wants?: 'comment' | 'words';
}

export interface QuestionView {
  title: string;
  /** Why it is asked; may have several lines. */
  why: string;
  /** What is at stake, in full: the exact command, or the whole of the model's question; '' where the title is all. */
  stake: string;
  /** None of a change set: that is decided file by file and hunk by hunk (view/review.ts). */
  choices: readonly Choice[];
}

export function describeQuestion(
  approval: Pick<Approval, 'id' | 'subject' | 'title' | 'why' | 'wording' | 'because'>,
  t: Translate,
): QuestionView {
  const { subject } = approval;
  return { ...askedText(approval, t), stake: stakeOf(subject), choices: choicesOf(approval.id, subject, t) };
}

function stakeOf(subject: ApprovalSubject): string {
  if (subject.kind === 'command') return commandText(subject);
  return subject.kind === 'question' ? showLines(subject.question) : '';
}

/** In one line, with every character that a yes is bound to. */
const commandText = ({ script, argv }: Extract<ApprovalSubject, { kind: 'command' }>): string =>
  script === undefined || script === '' ? showArgv(argv ?? []) : showText(script);

function choicesOf(id: string, subject: ApprovalSubject, t: Translate): readonly Choice[] {
  switch (subject.kind) {
    case 'command':
      return /\/repeat(\/\d+)?$/.test(id) ? ofRepeat(t) : ofCommand(t);
    case 'manual-task':
      return [
        { id: 'start', label: t('Start the task'), detail: '', answer: { status: 'accepted' } },
        {
          ...decline(t('Do not start it')),
          detail: t('The task is skipped, and what depends on it may go on.'),
        },
      ];
    case 'attention':
      return subject.options.map((option) => ({
        id: option,
        ...optionWords(subject.code, option, t),
        answer: answerOfOption(option),
      }));
    case 'question':
      return [
        ...subject.options.map(
          (option, index): Choice => ({
            id: `suggestion-${index + 1}`,
            label: showLine(option),
            detail: '',
            answer: { status: 'accepted', comment: option },
          }),
        ),
        {
          id: 'words',
          label: t('Answer in your own words'),
          detail: '',
          answer: { status: 'accepted' },
          wants: 'words',
        },
        decline(t('Do not answer')),
      ];
    case 'change-set':
      return [];
    default:
      return assertNever(subject, 'question');
  }
}

const decline = (label: string): Choice => ({
  id: 'decline',
  label,
  detail: '',
  answer: { status: 'rejected' },
  wants: 'comment',
});

const ofCommand = (t: Translate): readonly Choice[] => [
  { id: 'once', label: t('Run it once'), detail: '', answer: { status: 'accepted', scope: 'once' } },
  {
    id: 'run',
    label: t('Run it, and later in this run without asking'),
    detail: '',
    answer: { status: 'accepted', scope: 'run' },
  },
  {
    id: 'always',
    label: t('Always run this exact command in this folder'),
    detail: '',
    answer: { status: 'accepted', scope: 'always' },
  },
  decline(t('Do not run it')),
];

/** It was in flight when the process ended: a yes is for this once. */
const ofRepeat = (t: Translate): readonly Choice[] => [
  { id: 'once', label: t('Run it again'), detail: '', answer: { status: 'accepted', scope: 'once' } },
  { ...decline(t('Do not run it')), detail: t('The run pauses.') },
];

/** Giving up is the one way on that is a no. */
export const answerOfOption = (option: AttentionOption): Pick<ApprovalAnswer, 'status' | 'option'> => ({
  status: option === 'give-up' ? 'rejected' : 'accepted',
  option,
});

/** What one way to go on is called, and what it does; `detail` is '' where the label says it all. */
export interface OptionWords {
  label: string;
  detail: string;
}

/**
 * The engine does different things for the same option of different questions, so the words follow the question's code.
 */
export function optionWords(code: string, option: AttentionOption, t: Translate): OptionWords {
  if (code.endsWith('budget-exceeded')) return ofBudget(option, t) ?? ofTask(option, t);
  if (code === 'merge-conflict') return ofMerge(option, t) ?? ofTask(option, t);
  if (code === 'commit-check') return ofCommitCheck(option, t) ?? ofTask(option, t);
  if (code === 'branch-switched') return ofBranch(option, t) ?? ofTask(option, t);
  if (code === 'put-back') return ofPutBack(option, t) ?? ofTask(option, t);
  if (code === 'whose-change') return ofWhose(option, t) ?? ofTask(option, t);
  if (code === 'check-cannot-run') return ofUnrunnableCheck(option, t) ?? ofTask(option, t);
  if (code === 'stage-cannot-run') return ofUnrunnableStage(option, t) ?? ofTask(option, t);
  if (code === 'blueprint-unreadable') return ofBlueprint(option, t) ?? ofTask(option, t);
  return ofTask(option, t);
}

function ofTask(option: AttentionOption, t: Translate): OptionWords {
  switch (option) {
    case 'retry':
      return { label: t('Try again'), detail: t('It is tried again from here.') };
    case 'edit':
      return {
        label: t('The task was edited: try again with its new text'),
        detail: t('Edit the task first; the next attempt reads it as it stands then.'),
      };
    case 'continue':
      return {
        label: t('Fixed by hand, or let it pass: go on'),
        detail: t('The check runs again. Where it fails exactly as it does now, the task goes on without it.'),
      };
    case 'skip':
      return {
        label: t('Skip the task'),
        detail: t('It is left out, and what depends on it may go on.'),
      };
    case 'accept':
      return {
        label: t('Accept it as it is'),
        detail: t('The work begins although its check proves nothing.'),
      };
    case 'give-up':
      return { label: t('Give up: the task fails, and what depends on it is blocked'), detail: '' };
    default:
      return assertNever(option, 'option');
  }
}

/** A used-up budget belongs to the run: no task is mended or fails by the answer. */
function ofBudget(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'continue')
    return { label: t('Grant the same budget again'), detail: t('The run goes on where it stopped.') };
  return option === 'give-up' ? cancelsRun(t) : undefined;
}

/** The check does not pass on what would be committed. */
function ofCommitCheck(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry')
    return {
      label: t('Check again'),
      detail: t('On the tree as it is now: commit your own changes first, or set them aside.'),
    };
  if (option === 'accept')
    return { label: t('Commit all the same'), detail: t('The commit alone does not pass the check.') };
  return option === 'give-up'
    ? { label: t('Back to work'), detail: t('Nothing is committed; another attempt is told what the check said.') }
    : undefined;
}

/** The person checked out another branch while the run waited or went. */
function ofBranch(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry') return { label: t('Look again'), detail: t('Check out the branch the run began on first.') };
  return option === 'accept'
    ? { label: t('Commit here'), detail: t('The rest of the run commits on the branch that is checked out, too.') }
    : undefined;
}

/** A rejected file of a command is no longer as the command left it. */
function ofPutBack(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'accept')
    return {
      label: t('Put it back'),
      detail: t('As it was before the command. What stands there now stays in the run’s record.'),
    };
  return option === 'skip'
    ? { label: t('Mine: leave it as it is'), detail: t('It is not committed with the task, and not rolled back.') }
    : undefined;
}

/** The person and a command wrote at the same time. */
function ofWhose(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'accept')
    return { label: t('The command’s: it belongs to the task'), detail: t('It is shown and judged as an edit is.') };
  return option === 'skip'
    ? { label: t('Mine: leave it as it is'), detail: t('It is not committed with the task, and not rolled back.') }
    : undefined;
}

/** A task's work and the person's tree do not fit together. */
function ofMerge(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'continue')
    return {
      label: t('Mended by hand: merge again'),
      detail: t('You changed your tree, or the worktree; they are compared again.'),
    };
  if (option === 'retry')
    return {
      label: t('Have it done anew, in a fresh worktree of the tree as it is now'),
      detail: t('The task begins again and is told what it did before.'),
    };
  return option === 'skip' ? { label: t('Skip the task: its work stays out of the tree'), detail: '' } : undefined;
}

/** Before the work, a check that is neither green nor red. */
function ofUnrunnableCheck(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry')
    return {
      label: t('Installed or corrected: run the check again'),
      detail: t('Put right what is missing first; the check runs as it stands.'),
    };
  if (option === 'edit')
    return {
      label: t('The check was edited: run its new text'),
      detail: t('Edit the task first; the next attempt reads it as it stands then.'),
    };
  return option === 'accept'
    ? { label: t('Go on anyway'), detail: t('The work begins although its check says nothing about it.') }
    : undefined;
}

/** After the work, a stage whose command cannot be run. */
function ofUnrunnableStage(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry')
    return {
      label: t('Installed or corrected: run it again'),
      detail: t('Put right what is missing first; the stage runs its commands again.'),
    };
  if (option === 'continue')
    return { label: t('Go on without it'), detail: t('The stage proves nothing, and the next one begins.') };
  return option === 'accept'
    ? { label: t('Let the model try'), detail: t('It is given the output, as of any failure; that costs.') }
    : undefined;
}

/** The run's frozen blueprint cannot be read: there is nothing to go on with. */
function ofBlueprint(option: AttentionOption, t: Translate): OptionWords | undefined {
  if (option === 'retry')
    return {
      label: t('Start over with the blueprint as it stands now'),
      detail: t('This run is cancelled. Its tasks that are not done begin anew.'),
    };
  return option === 'give-up' ? cancelsRun(t) : undefined;
}

const cancelsRun = (t: Translate): OptionWords => ({
  label: t('Cancel the run'),
  detail: t('What was applied and committed stays.'),
});

/**
 * Ends of a question's id, which is the key of the call or step it belongs to:
 * all that an event of an older version says of its code.
 */
const codes: readonly [RegExp, string][] = [
  [/\/budget\/\d+$/, 'budget-exceeded'],
  [/\/task-budget\/\d+$/, 'task-budget-exceeded'],
  [/\/stage-budget\/\d+$/, 'stage-budget-exceeded'],
  [/\/conflict\/\d+$/, 'merge-conflict'],
  [/\/setup\/\d+$/, 'worktree-setup'],
  [/\/green$/, 'check-green'],
  [/\/whose$/, 'whose-change'],
  [/\/check-cannot-run\/\d+$/, 'check-cannot-run'],
  [/\/cannot-run$/, 'stage-cannot-run'],
  [/\/put-back$/, 'put-back'],
  [/\/commit-check\/\d+$/, 'commit-check'],
  [/\/branch\/\d+$/, 'branch-switched'],
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
