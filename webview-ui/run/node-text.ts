/** What a row of the timeline says: its icon, its name, what happened, and the word of its state. */
import type { RunEvent } from '../../src/core/model/event.js';
import { taskState, type RunState } from '../../src/core/model/run.js';
import type { ApprovalStatus } from '../../src/core/model/status.js';
import { storyOfCheck } from '../../src/core/model/story-check.js';
import { chosenOption } from '../../src/core/view/questions.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { duration } from '../format.js';
import { t } from '../l10n.js';
import { whoWord } from './audit.js';
import { taskLook, type Look, type Tone } from '../parts/status.js';
import type { NodeState, OutlineNode } from '../store/outline.js';

export interface NodeText {
  icon: string;
  tone: Tone;
  label: string;
  /** One line, '' when the label says it all. */
  detail: string;
  /** The state as a word, for the row's end; '' when nothing is worth saying. */
  word: string;
}

const tones: Record<NodeState, Tone> = {
  running: 'live',
  ok: 'plain',
  failed: 'bad',
  waiting: 'care',
  skipped: 'dim',
  cancelled: 'dim',
  warning: 'care',
  info: 'plain',
};

export function nodeText(node: OutlineNode, run: RunState): NodeText {
  if (node.kind === 'task') return taskText(node, run);
  if (node.kind === 'attempt')
    return {
      icon: node.state === 'running' ? 'sync' : 'history',
      tone: tones[node.state],
      label: t('Attempt {n}', { n: node.attempt }),
      detail: '',
      word: node.state === 'failed' ? t('failed') : '',
    };
  const event = node.event;
  return event
    ? { ...eventText(event, node), tone: node.kind === 'stage' ? stageTone(node.state) : tones[node.state] }
    : { icon: 'circle-outline', tone: 'plain', label: node.id, detail: '', word: '' };
}

const stageTone = (state: NodeState): Tone => (state === 'ok' ? 'good' : tones[state]);

function taskText(node: OutlineNode, run: RunState): NodeText {
  const story = storyOfCheck(node.task);
  const task = taskState(run, node.task);
  // what the run does not know as a task stands as its stages left it
  const look: Look = task
    ? taskLook(task)
    : { icon: 'beaker', tone: stageTone(node.state), word: stateWord(node.state) };
  const why = task?.reason ? reasonSentence(task.reason, t) : '';
  const what = task?.title ?? '';
  return {
    icon: look.icon,
    tone: look.tone,
    label: story === undefined ? node.task : t('check of {story}', { story }),
    detail: [what, why].filter(Boolean).join(' · '),
    word: look.word,
  };
}

const stateWord = (state: NodeState): string =>
  ({
    running: t('running'),
    ok: t('done'),
    failed: t('failed'),
    waiting: t('needs you'),
    skipped: t('skipped'),
    cancelled: t('cancelled'),
    warning: t('warning'),
    info: '',
  })[state];

const text = (icon: string, label: string, detail = '', word = ''): Omit<NodeText, 'tone'> => ({
  icon,
  label,
  detail,
  word,
});

function eventText(event: RunEvent, node: OutlineNode): Omit<NodeText, 'tone'> {
  switch (event.type) {
    case 'stage-started':
    case 'stage-finished': {
      const stage = event.stage === '@merge' ? t('merge into your tree') : event.stage;
      const label = event.visit > 1 ? t('{stage} · visit {n}', { stage, n: event.visit }) : stage;
      if (event.type === 'stage-started') return text('sync', label, '', t('running'));
      const icons = {
        succeeded: 'pass',
        failed: 'error',
        skipped: 'debug-step-over',
        cancelled: 'circle-slash',
      } as const;
      const words = {
        succeeded: t('succeeded'),
        failed: t('failed'),
        skipped: t('skipped'),
        cancelled: t('cancelled'),
      } as const;
      const next = event.next !== '' && event.outcome === 'failed' ? ` → ${event.next}` : '';
      return text(
        icons[event.outcome],
        label,
        event.summary,
        `${words[event.outcome]}${next}${event.checkpoint ? ` · ${t('checkpoint')}` : ''}`,
      );
    }
    case 'model-called':
      return text(
        'comment',
        t('model turn'),
        event.text || event.tools.join(', '),
        event.stop === 'max-tokens' ? t('cut off') : event.stop === 'refused' ? t('refused') : '',
      );
    case 'tool-called': {
      const words = { ok: '', failed: t('failed'), denied: t('denied'), rejected: t('rejected') } as const;
      return text('tools', event.title, event.summary, words[event.outcome]);
    }
    case 'command-run':
      return text('terminal', event.command, '', exitWord(event));
    case 'check-before':
      return text(
        'beaker',
        t('check before the work'),
        event.red ? t('fails, as it should before the work') : t('passes already, so it proves nothing'),
        event.red ? t('red') : t('green'),
      );
    case 'decision-made':
      return text('law', event.subject, `${event.reason} (${event.rule})`, effectWord(event.effect));
    case 'approval-requested':
      return text(
        node.state === 'waiting' ? 'bell-dot' : 'question',
        event.title,
        event.why,
        node.state === 'waiting' ? t('needs you') : answerWord(node.state),
      );
    case 'approval-answered':
      return text(
        'person',
        event.option ? chosenOption(event, t) : answerStatus(event.status),
        [whoWord(event.by), event.comment].filter(Boolean).join(' · '),
      );
    case 'changes-applied': {
      const [first] = event.files;
      const added = event.files.reduce((sum, file) => sum + file.added, 0);
      const removed = event.files.reduce((sum, file) => sum + file.removed, 0);
      const label = event.files.length === 1 && first ? first.path : t('{n} files', { n: event.files.length });
      return text(
        'diff',
        label,
        event.files.length === 1 ? '' : event.files.map((file) => file.path).join(', '),
        `+${added} −${removed}`,
      );
    }
    case 'changed-on-save':
      return text('diff', event.path, t('the editor changed it while saving'), t('changed on save'));
    case 'commit-made':
      return text('git-commit', event.sha.slice(0, 7), event.subject, t('committed'));
    case 'rolled-back':
    case 'redone': {
      const what = event.step || event.task || t('the whole run');
      const label =
        event.type === 'rolled-back' ? t('rolled back: {what}', { what }) : t('brought back: {what}', { what });
      return text(
        event.type === 'rolled-back' ? 'discard' : 'redo',
        label,
        event.files.map((file) => file.path).join(', '),
        event.commit === undefined ? '' : event.commit.slice(0, 7),
      );
    }
    case 'plan-proposed':
      return text(
        'lightbulb',
        t('proposes a change of the plan'),
        event.message,
        [...event.added.map((title) => `+ ${title}`), ...event.changed].join(', '),
      );
    case 'warning':
      return text('warning', reasonSentence(event, t), '', t('warning'));
    case 'run-started':
      return text('play', t('run started'));
    case 'run-resumed':
      return text('play', t('run resumed'));
    case 'run-interrupted':
      if (event.rerunFrom !== undefined)
        return text(
          'debug-restart',
          t('begun anew from {step}', { step: event.rerunFrom }),
          t('what stands above is shared with the run before'),
        );
      return text(
        'debug-disconnect',
        t('run interrupted'),
        t('the process that ran it ended; resume goes on at the same stage'),
      );
    case 'run-paused':
      return text('debug-pause', t('run paused'), reasonSentence(event.reason, t));
    case 'run-finished':
      return text(
        event.status === 'completed' ? 'pass-filled' : event.status === 'failed' ? 'error' : 'circle-slash',
        event.status === 'completed'
          ? t('run completed')
          : event.status === 'failed'
            ? t('run failed')
            : t('run cancelled'),
        event.reason ? reasonSentence(event.reason, t) : '',
      );
    case 'run-created':
    case 'task-changed':
      return text('circle-outline', event.type);
  }
}

export const exitWord = (event: {
  exitCode: number | null;
  timedOut: boolean;
  cancelled: boolean;
  durationMs: number;
}): string =>
  event.timedOut
    ? t('timed out after {time}', { time: duration(event.durationMs) })
    : event.cancelled
      ? t('cancelled')
      : event.exitCode === null
        ? t('ended by a signal')
        : t('exit {code}', { code: event.exitCode });

export const effectWord = (effect: 'allow' | 'ask' | 'deny'): string =>
  effect === 'allow' ? t('allowed') : effect === 'ask' ? t('asks') : t('denied');

export const answerStatus = (status: ApprovalStatus): string =>
  ({
    pending: t('needs you'),
    accepted: t('accepted'),
    partly: t('partly accepted'),
    rejected: t('rejected'),
    cancelled: t('cancelled'),
  })[status];

const answerWord = (state: NodeState): string =>
  state === 'ok' ? t('accepted') : state === 'cancelled' ? t('cancelled') : t('rejected');
