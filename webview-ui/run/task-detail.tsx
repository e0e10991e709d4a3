/** A task in a run: where it stands and why, and what it left behind. */
import { taskState } from '../../src/core/model/run.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { usePanel } from '../context.js';
import { money, tokensOf } from '../format.js';
import { t } from '../l10n.js';
import { Status, taskLook } from '../parts/status.js';
import type { LiveRun } from '../store/page.js';
import { restsNow, TaskActions } from '../parts/task-actions.js';
import { Facts } from '../parts/facts.js';
import { exitWord } from '../../src/core/view/events.js';

export function TaskDetail({ run, task: id }: { run: LiveRun; task: string }) {
  const { panel, snapshot } = usePanel();
  const task = taskState(snapshot.moment?.state ?? run.state, id);
  if (!task) return null;
  const check = run.report.checks.get(id);
  return (
    <>
      <p>{task.title}</p>
      {task.reason && <p>{reasonSentence(task.reason, t)}</p>}
      <Facts
        rows={[
          [t('Status'), <Status key="s" look={taskLook(task)} />],
          [t('Story'), `${task.story} ${task.storyTitle}`],
          [t('Depends on'), task.dependsOn.join(', ') || '–'],
          [t('Attempt'), String(task.attempt)],
          [t('Verified by'), check ? <code key="v">{check.command}</code> : t('nothing yet')],
          ...(check ? ([[t('Result'), exitWord(check, t)]] as const) : []),
          [t('Commit'), task.commit ? <code key="c">{task.commit.slice(0, 7)}</code> : '–'],
          [t('Spent'), `${money(task.costUsd)} · ${tokensOf(task.tokens, null)}`],
        ]}
      />
      <div className="actions">
        {!snapshot.moment && (
          <TaskActions plan={run.state.plan} task={task} run={run.id} rests={restsNow(run.state.status)} />
        )}
        <button type="button" onClick={() => panel.setView({ tab: 'plan', planView: 'graph', task: id })}>
          {t('Show in Graph')}
        </button>
      </div>
    </>
  );
}
