/**
 * What an event says to a person: icon, label, what happened, the word of its state.
 * Timeline, terminal and report paint it; none has words of its own. Every text is safe to show.
 */
import { whyDecided } from './decision.js';
import { assertNever } from '../../base/assert-never.js';
import type { EventOf, RunEvent } from '../model/event.js';
import type { ApprovalStatus } from '../model/status.js';
import { storyOfCheck } from '../model/plain/story-check.js';
import { harmless, showLine, showText } from '../text/harmless.js';
import { changed, duration, plural } from './amounts.js';
import { whoWord } from './answers.js';
import { classSentence, classWord } from './command-class.js';
import { approvalLook, stageWord, taskLook, type Tone } from './looks.js';
import { askedText } from './question-text.js';
import { chosenOption } from './questions.js';
import { reasonSentence } from './reasons.js';
import type { Translate } from './translate.js';

export interface FileView {
  /** What was done to it, as a word. */
  op: string;
  path: string;
  added: number;
  removed: number;
}

export interface EventView {
  /** Name of a codicon. */
  icon: string;
  tone: Tone;
  /** What it is about: a stage, a command, a path. */
  label: string;
  /** One line, '' when the label says it all. */
  detail: string;
  /** Its state, '' when nothing is worth saying. */
  word: string;
  /** Whether a line of words begins with the word: "needs you: Apply changes to 2 files?" */
  wordFirst: boolean;
  /** Whose line it is: the run's, a task's, a stage's, or something within a stage. */
  level: 'run' | 'task' | 'stage' | 'call';
  /** Needed only by a closer look: a list of what happened leaves it out. */
  minor: boolean;
  /** ms; absent where it took no time of its own. */
  durationMs?: number;
  /** USD, null = the price is not known; absent where it costs nothing by its nature. */
  costUsd?: number | null;
  /** A checkpoint was made. */
  checkpoint: boolean;
  files: readonly FileView[];
  /** Paths that were left as they are. */
  left: readonly string[];
  /** The last lines of a command that did not pass. */
  output: string;
}

/** How a question stands that an event asked; the event itself does not know. */
export type QuestionState = ApprovalStatus;

export function describeEvent(event: RunEvent, t: Translate, question: QuestionState = 'pending'): EventView {
  const view = { ...NOTHING, ...partsOf(event, t, question) };
  // A command is what a person judges by: every character of it is shown. The rest are words.
  const label =
    event.type === 'command-run' || event.type === 'decision-made' ? showText(view.label) : showLine(view.label);
  return {
    ...view,
    label,
    detail: showLine(view.detail),
    word: showLine(view.word),
    files: view.files.map((file) => ({ ...file, path: showText(file.path) })),
    left: view.left.map(showText),
    output: harmless(view.output),
  };
}

const NOTHING: EventView = {
  icon: 'circle-outline',
  tone: 'plain',
  label: '',
  detail: '',
  word: '',
  wordFirst: false,
  level: 'run',
  minor: false,
  checkpoint: false,
  files: [],
  left: [],
  output: '',
};

// eslint-disable-next-line max-lines-per-function -- one row for each kind of event; a switch that must be complete
function partsOf(event: RunEvent, t: Translate, question: QuestionState): Partial<EventView> {
  switch (event.type) {
    case 'run-created':
      return {
        icon: 'rocket',
        label: event.title,
        detail: joined(
          event.run,
          plural(event.tasks.length, '{n} task', '{n} tasks', t),
          event.model,
          event.branch ? t('branch {branch}', { branch: event.branch }) : '',
        ),
      };
    case 'run-started':
      return { icon: 'play', label: t('run started'), minor: true };
    case 'run-resumed':
      return { icon: 'play', label: t('run resumed') };
    case 'run-paused':
      return {
        icon: 'debug-pause',
        tone: 'care',
        label: event.task ? t('run paused at {task}', { task: event.task }) : t('run paused'),
        detail: reasonSentence(event.reason, t),
      };
    case 'run-interrupted':
      return event.rerunFrom === undefined
        ? {
            icon: 'debug-disconnect',
            tone: 'care',
            label: t('run interrupted'),
            detail: t('the process that ran it ended; resume goes on at the same stage'),
          }
        : {
            icon: 'debug-restart',
            label: t('begun anew from {step}', { step: event.rerunFrom }),
            detail: t('what stands above is shared with the run before'),
          };
    case 'run-finished':
      return {
        ...runEnds(t)[event.status],
        detail: event.reason ? reasonSentence(event.reason, t) : '',
      };
    case 'task-changed':
      return taskChanged(event, t);
    case 'check-before':
      return {
        icon: 'beaker',
        tone: event.red && ['red', 'no-tests'].includes(event.class?.kind ?? 'red') ? 'plain' : 'care',
        level: 'stage',
        label: t('check before the work'),
        detail: checkedBefore(event, t),
        word: event.class ? classWord(event.class, t) : event.red ? t('red') : t('green'),
        durationMs: event.durationMs,
      };
    case 'stage-started':
      return {
        icon: 'sync',
        tone: 'live',
        level: 'stage',
        label: stageLabel(event, t),
        word: t('running'),
        minor: true,
      };
    case 'stage-finished':
      return {
        ...stageEnds(t)[event.outcome],
        level: 'stage',
        label: stageLabel(event, t),
        detail: joinedBy(' → ', event.summary, event.outcome === 'failed' ? event.next : ''),
        durationMs: event.durationMs,
        ...(event.costUsd !== 0 && { costUsd: event.costUsd }),
        checkpoint: event.checkpoint === true,
        minor: event.stage === 'commit' && event.outcome === 'succeeded', // the commit has a line of its own
      };
    case 'model-called':
      return {
        icon: 'comment',
        level: 'call',
        label: t('model turn'),
        detail: event.text || event.tools.join(', '),
        word: event.stop === 'max-tokens' ? t('cut off') : event.stop === 'refused' ? t('refused') : '',
        durationMs: event.durationMs,
        costUsd: event.costUsd,
        minor: event.text.trim() === '',
      };
    case 'tool-called':
      return { ...toolEnds(t)[event.outcome], icon: 'tools', level: 'call', label: event.title, detail: event.summary };
    case 'command-run': {
      const passed = event.exitCode === 0;
      // Before the work the check is meant to fail: its output says nothing yet.
      const expected = passed || (event.purpose === 'check-before' && !event.class);
      return {
        icon: 'terminal',
        tone: expected ? 'plain' : 'bad',
        level: 'call',
        label: event.command,
        word: exitWord(event, t),
        ...(event.same === undefined && { durationMs: event.durationMs }),
        output: expected ? '' : event.tail,
      };
    }
    case 'command-changed': {
      const named = [
        ...event.left.map(({ path, why }) => `${path} (${leftWord(why, t)})`),
        ...event.files.map((file) => file.path),
      ];
      const more = named.length - MAX_NAMED;
      return {
        icon: 'diff',
        tone: event.left.length > 0 ? 'care' : 'plain',
        level: 'call',
        label: t('changed by {command}', { command: event.command }),
        detail: joined(
          named.slice(0, MAX_NAMED).join(', '),
          more > 0 ? t('{n} more', { n: more }) : '',
          event.leftovers.length > 0 ? t('left behind: {paths}', { paths: event.leftovers.join(', ') }) : '',
        ),
        word: changed(sum(event.files.map((file) => file.added)), sum(event.files.map((file) => file.removed))),
        files: filesOf(event.files.slice(0, MAX_ROWS), t),
        left: event.yours,
        minor: event.files.length + event.left.length === 0,
      };
    }
    case 'decision-made':
      return {
        icon: 'law',
        tone: event.effect === 'deny' ? 'care' : 'plain',
        level: 'call',
        label: event.subject,
        detail: joined(event.rule, whyDecided(event, t)),
        word: effectWord(event.effect, t),
        wordFirst: true,
        minor: event.effect !== 'deny', // an allow is the rule, and an ask is followed by its question
      };
    case 'approval-requested': {
      const waits = question === 'pending';
      const { title, why } = askedText(event, t);
      return {
        icon: waits ? 'bell-dot' : 'question',
        tone: waits ? 'care' : question === 'rejected' ? 'bad' : 'plain',
        level: 'stage',
        label: title,
        detail: why,
        word: waits ? t('needs you') : approvalLook(event.kind, question, t).word,
        wordFirst: true,
      };
    }
    case 'approval-answered':
      return {
        icon: 'person',
        level: 'stage',
        label: event.option ? chosenOption(event, t) : approvalLook('question', event.status, t).word,
        detail: joined(whoWord(event.by, t), event.comment),
      };
    case 'changes-applied':
      return changesApplied(event, t);
    case 'changed-on-save':
      return {
        icon: 'diff',
        tone: 'care',
        level: 'stage',
        label: event.path,
        detail: t('the editor changed it while saving: it differs from what was approved'),
        word: t('changed on save'),
        wordFirst: true,
      };
    case 'commit-made':
      return {
        icon: 'git-commit',
        tone: 'good',
        level: 'stage',
        label: t('commit {sha}', { sha: event.sha.slice(0, 7) }),
        detail: joined(event.subject, verifiedAs(event, t)),
        word: t('committed'),
      };
    case 'rolled-back':
    case 'redone':
      return rolledBack(event, t);
    case 'plan-proposed':
      return {
        icon: 'lightbulb',
        tone: 'care',
        level: 'stage',
        label: joinedBy(
          ', ',
          event.added.length > 0 ? plural(event.added.length, 'adds {n} task', 'adds {n} tasks', t) : '',
          event.changed.length > 0 ? t('changes {tasks}', { tasks: event.changed.join(', ') }) : '',
        ),
        detail: joined(event.message, ...event.added.map((title) => `+ ${title}`)),
        word: t('proposed for the plan'),
        wordFirst: true,
      };
    case 'warning':
      return {
        icon: 'warning',
        tone: 'care',
        level: 'stage',
        label: reasonSentence(event, t),
        word: t('warning'),
        wordFirst: true,
      };
    default:
      return assertNever(event, 'event');
  }
}

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

const joinedBy = (by: string, ...parts: string[]): string => parts.filter((part) => part !== '').join(by);
const joined = (...parts: string[]): string => joinedBy(' · ', ...parts);

function stageLabel(event: { stage: string; visit: number }, t: Translate): string {
  const stage = stageWord(event.stage, t);
  return event.visit > 1 ? t('{stage} · visit {n}', { stage, n: event.visit }) : stage;
}

/** The name of a task in a timeline: of a story's check that of its story. */
export function taskLabel(task: string, t: Translate): string {
  const story = storyOfCheck(task);
  return story === undefined ? task : t('check of {story}', { story });
}

function taskChanged(event: Of<'task-changed'>, t: Translate): Partial<EventView> {
  const { icon, tone, word } = taskLook({ stage: '', ...event }, undefined, t);
  const again = event.status === 'running' && event.attempt > 1;
  return {
    icon,
    tone,
    level: 'task',
    label: taskLabel(event.task, t),
    detail: event.reason ? reasonSentence(event.reason, t) : '',
    word: event.status === 'running' ? (again ? t('attempt {n}', { n: event.attempt }) : '') : word,
    minor: event.status === 'pending' || event.status === 'ready' || event.status === 'waiting',
  };
}

const opWords = (t: Translate) =>
  ({ create: t('created'), modify: t('changed'), delete: t('deleted'), rename: t('renamed') }) as const;

/** Whether the commit is the tree that was verified; nothing where that is not known. */
function verifiedAs({ tree, verified }: Of<'commit-made'>, t: Translate): string {
  if (tree === undefined || verified === undefined) return '';
  return tree === verified
    ? t('the tree that was verified')
    : t('verified with your own uncommitted files in the tree');
}

const filesOf = (
  files: readonly { op: keyof ReturnType<typeof opWords>; path: string; added: number; removed: number }[],
  t: Translate,
): FileView[] => files.map(({ op, path, added, removed }) => ({ op: opWords(t)[op], path, added, removed }));

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Of what one command changed, however many files: so many are named, and so many have a row. */
const MAX_NAMED = 12;
const MAX_ROWS = 50;

/** Why a change of a command is neither put back nor committed. */
function leftWord(why: string, t: Translate): string {
  const words: Record<string, string> = {
    link: t('a link: not committed'),
    submodule: t('a submodule: not committed'),
    large: t('too large: it cannot be restored'),
    filtered: t('stored through a filter: it cannot be restored'),
    unwatched: t('git was told not to watch it'),
    many: t('one of too many'),
    unclear: t('yours or the command’s'),
  };
  return words[why] ?? t('not a plain file');
}

function changesApplied(event: Of<'changes-applied'>, t: Translate): Partial<EventView> {
  const [first, second] = event.files;
  const only = first && !second ? first : undefined;
  return {
    icon: 'diff',
    tone: 'plain',
    level: 'stage',
    label: only ? only.path : t('{n} files', { n: event.files.length }),
    detail: only ? opWords(t)[only.op] : event.files.map((file) => file.path).join(', '),
    word: changed(sum(event.files.map((file) => file.added)), sum(event.files.map((file) => file.removed))),
    files: filesOf(event.files, t),
  };
}

function rolledBack(event: Of<'rolled-back' | 'redone'>, t: Translate): Partial<EventView> {
  const what = event.step || event.task || t('the whole run');
  return {
    icon: event.type === 'rolled-back' ? 'discard' : 'redo',
    label: event.type === 'rolled-back' ? t('rolled back: {what}', { what }) : t('brought back: {what}', { what }),
    detail: event.files.map((file) => file.path).join(', '),
    word: event.commit === undefined ? '' : t('commit {sha}', { sha: event.commit.slice(0, 7) }),
    files: filesOf(event.files, t),
    left: event.left,
  };
}

const runEnds = (t: Translate): Record<Of<'run-finished'>['status'], Partial<EventView>> => ({
  completed: { icon: 'pass-filled', tone: 'good', label: t('run completed') },
  failed: { icon: 'error', tone: 'bad', label: t('run failed') },
  cancelled: { icon: 'circle-slash', tone: 'dim', label: t('run cancelled') },
});

const stageEnds = (t: Translate): Record<Of<'stage-finished'>['outcome'], Partial<EventView>> => ({
  succeeded: { icon: 'pass', tone: 'good', word: t('succeeded') },
  failed: { icon: 'error', tone: 'bad', word: t('failed') },
  skipped: { icon: 'debug-step-over', tone: 'dim', word: t('skipped') },
  cancelled: { icon: 'circle-slash', tone: 'dim', word: t('cancelled') },
});

const toolEnds = (t: Translate): Record<Of<'tool-called'>['outcome'], Partial<EventView>> => ({
  ok: {},
  failed: { tone: 'bad', word: t('failed') },
  denied: { tone: 'care', word: t('denied') },
  rejected: { tone: 'care', word: t('rejected') },
});

export interface CommandEnd {
  exitCode: number | null;
  timedOut: boolean;
  cancelled: boolean;
  /** ms */
  durationMs: number;
  /** The stage in which it passed on the same tree: it was not run again. */
  same?: string | undefined;
}

export function exitWord(end: CommandEnd, t: Translate): string {
  if (end.timedOut) return t('timed out after {time}', { time: duration(end.durationMs, t) });
  if (end.cancelled) return t('cancelled');
  if (end.exitCode === null) return t('ended by a signal');
  if (end.same !== undefined) return t('passed in {stage}, on the same tree', { stage: showLine(end.same) });
  return t('exit {code}', { code: end.exitCode });
}

export const effectWord = (effect: 'allow' | 'ask' | 'deny', t: Translate): string =>
  ({ allow: t('allowed'), ask: t('asks'), deny: t('denied') })[effect];

/** Of the check before the work; without its output, which the command's own line has. */
function checkedBefore({ red, class: came }: EventOf<'check-before'>, t: Translate): string {
  if (!came) return red ? t('fails, as it should before the work') : t('passes already, so it proves nothing');
  return showLine(classSentence(came, t));
}
