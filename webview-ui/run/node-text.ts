/** A row of the timeline as it is painted: the words are the view's, the tone is that of the row's present state. */
import { taskState, type RunState } from '../../src/core/model/run.js';
import type { ApprovalStatus } from '../../src/core/model/status.js';
import { describeEvent, taskLabel } from '../../src/core/view/events.js';
import { taskLook, type Look, type Tone } from '../../src/core/view/looks.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { t } from '../l10n.js';
import type { NodeState, OutlineNode } from '../store/outline.js';

export interface NodeText extends Look {
  label: string;
  /** One line, '' when the label says it all. */
  detail: string;
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

/** How the question of a row stands: its event only says that it was asked. */
const questions: Partial<Record<NodeState, ApprovalStatus>> = {
  waiting: 'pending',
  ok: 'accepted',
  cancelled: 'cancelled',
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
  if (!node.event) return { icon: 'circle-outline', tone: 'plain', label: node.id, detail: '', word: '' };
  const { icon, label, detail, word, checkpoint } = describeEvent(node.event, t, questions[node.state] ?? 'rejected');
  return {
    icon,
    tone: node.kind === 'stage' ? stageTone(node.state) : tones[node.state],
    label,
    detail,
    word: checkpoint ? `${word} · ${t('checkpoint')}` : word,
  };
}

const stageTone = (state: NodeState): Tone => (state === 'ok' ? 'good' : tones[state]);

function taskText(node: OutlineNode, run: RunState): NodeText {
  const task = taskState(run, node.task);
  // what the run does not know as a task stands as its stages left it
  const look: Look = task
    ? taskLook(task, undefined, t)
    : { icon: 'beaker', tone: stageTone(node.state), word: stateWord(node.state) };
  const why = task?.reason ? reasonSentence(task.reason, t) : '';
  return { ...look, label: taskLabel(node.task, t), detail: [task?.title ?? '', why].filter(Boolean).join(' · ') };
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
