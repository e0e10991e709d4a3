/**
 * What a person can do about a task that failed or waits for them.
 * Each is a command of VS Code; what is not registered has no button.
 */
import type { TaskState } from '../../src/core/model/run.js';
import { storyOfCheck } from '../../src/core/model/plain/story-check.js';
import { useCan, usePanel } from '../context.js';
import { t } from '../l10n.js';

interface TaskActionsProps {
  plan: string | undefined;
  task: Pick<TaskState, 'id' | 'story' | 'status' | 'waitingFor'>;
  /** The run that is shown; a rollback is of a run. */
  run: string | undefined;
  /** Nothing of the run is at work, so that it can be rolled back. */
  rests: boolean;
}

export function TaskActions({ plan, task, run, rests }: TaskActionsProps) {
  const { panel } = usePanel();
  const can = useCan();
  const stuck = task.status === 'failed' || (task.status === 'waiting' && task.waitingFor === 'operator');
  const ofPlan = plan !== undefined && storyOfCheck(task.id) === undefined;
  const args = { plan, kind: 'task' as const, id: task.id, story: task.story };
  const touched =
    task.status === 'done' || task.status === 'failed' || task.status === 'cancelled' || task.status === 'waiting';
  return (
    <>
      {stuck && ofPlan && can('openexec.retryTask') && (
        <button type="button" className="primary" onClick={() => panel.host.command('openexec.retryTask', args)}>
          {t('Retry')}
        </button>
      )}
      {stuck && ofPlan && can('openexec.markFixed') && (
        <button type="button" onClick={() => panel.host.command('openexec.markFixed', args)}>
          {t('Mark Fixed by Hand')}
        </button>
      )}
      {stuck && ofPlan && can('openexec.skipTask') && (
        <button type="button" onClick={() => panel.host.command('openexec.skipTask', args)}>
          {t('Skip')}
        </button>
      )}
      {touched && rests && run !== undefined && can('openexec.rollBack') && (
        <button type="button" onClick={() => panel.host.command('openexec.rollBack', { run, task: task.id })}>
          {t('Roll Back…')}
        </button>
      )}
    </>
  );
}

/** A run that is at work cannot be rolled back. */
export const restsNow = (status: string): boolean => status !== 'running' && status !== 'queued';
