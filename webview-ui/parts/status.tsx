/** A status by icon and word, never by colour alone. The same icons and words as in the trees. */
import { assertNever } from '../../src/base/assert-never.js';
import type { TaskState } from '../../src/core/model/run.js';
import type { RunStatus } from '../../src/core/model/status.js';
import { t } from '../l10n.js';

export type Tone = 'plain' | 'live' | 'good' | 'bad' | 'care' | 'dim';
export interface Look {
  icon: string;
  tone: Tone;
  word: string;
}

const look = (icon: string, tone: Tone, word: string): Look => ({ icon, tone, word });

/** `waitsFor`: the first dependency that is not done. */
export function taskLook(task: TaskState | undefined, waitsFor?: string): Look {
  const status = task?.status ?? 'pending';
  switch (status) {
    case 'pending':
    case 'ready':
      return look(
        'circle-outline',
        'dim',
        waitsFor === undefined ? t('ready') : t('waits for {task}', { task: waitsFor }),
      );
    case 'running': {
      const stage = task?.stage;
      if (!stage) return look('sync', 'live', t('running'));
      return look(
        'sync',
        'live',
        task.attempt > 1
          ? t('{stage}, attempt {attempt}', { stage, attempt: task.attempt })
          : t('running · {stage}', { stage }),
      );
    }
    case 'waiting':
      return task?.waitingFor === 'operator'
        ? look('warning', 'care', t('needs you'))
        : look('bell-dot', 'care', t('needs you: approval'));
    case 'done':
      return task?.unverified ? look('pass', 'care', t('done, unverified')) : look('pass-filled', 'good', t('done'));
    case 'skipped':
      return look('debug-step-over', 'dim', t('skipped'));
    case 'failed':
      return look('error', 'bad', t('failed'));
    case 'blocked':
      return look(
        'circle-slash',
        'care',
        task?.blockedBy ? t('blocked by {task}', { task: task.blockedBy }) : t('blocked'),
      );
    case 'cancelled':
      return look('circle-slash', 'dim', t('cancelled'));
    case 'rolled-back':
      return look('discard', 'dim', t('rolled back'));
    default:
      return assertNever(status, 'task status');
  }
}

export function runLook(status: RunStatus): Look {
  switch (status) {
    case 'queued':
      return look('clock', 'dim', t('queued'));
    case 'running':
      return look('sync', 'live', t('running'));
    case 'paused':
      return look('debug-pause', 'care', t('paused'));
    case 'interrupted':
      return look('debug-disconnect', 'care', t('interrupted'));
    case 'completed':
      return look('pass-filled', 'good', t('completed'));
    case 'failed':
      return look('error', 'bad', t('failed'));
    case 'cancelled':
      return look('circle-slash', 'dim', t('cancelled'));
    default:
      return assertNever(status, 'run status');
  }
}

/** An icon that says nothing on its own: a word stands beside it. */
export function Icon({ name, tone = 'plain' }: { name: string; tone?: Tone | undefined }) {
  return (
    <span className={`codicon codicon-${name} tone-${tone}${name === 'sync' ? ' turning' : ''}`} aria-hidden="true" />
  );
}

export function Status({ look: { icon, tone, word } }: { look: Look }) {
  return (
    <span className="status">
      <Icon name={icon} tone={tone} />
      <span>{word}</span>
    </span>
  );
}
