/** The chosen task beside the plan: what it is, how it is proved, how it last went; and a form to change it. */
import { useState } from 'react';
import { findTask, type PlanRecord } from '../../src/core/model/plan.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { usePanel } from '../context.js';
import { money } from '../format.js';
import { t } from '../l10n.js';
import { Status, taskLook } from '../parts/status.js';
import { Facts } from '../parts/facts.js';
import { IconButton } from '../parts/icon-button.js';
import { restsNow, TaskActions } from '../parts/task-actions.js';
import { exitWord } from '../../src/core/view/events.js';
import { modeWord } from './mode-word.js';
import { TaskForm } from './task-form.js';
import { hasCost, isPast, type TaskLooks } from './task-states.js';

export function TaskPanel({ plan, task: id, look }: { plan: PlanRecord; task: string; look: TaskLooks }) {
  const { panel, snapshot } = usePanel();
  const [editing, setEditing] = useState(false);
  const found = findTask(plan.document, id);
  const close = <IconButton icon="close" label={t('Close Detail')} onClick={() => panel.setView({ task: null })} />;
  if (!found)
    return (
      <aside className="detail-pane" aria-label={t('Task')}>
        <div className="detail-head">
          <h2>{id}</h2>
          {close}
        </div>
        <p>{t('This task is not in the plan any more.')}</p>
      </aside>
    );
  const { story, task } = found;
  const state = look.states.get(id);
  const run = snapshot.run;
  const check = run?.state.tasks.has(id) ? run.report.checks.get(id) : undefined;
  const inRun = run?.outline.byId.has(`task/${id}`) ?? false;
  return (
    <aside className="detail-pane" aria-label={t('Task')}>
      <div className="detail-head">
        <h2>{task.id}</h2>
        {close}
      </div>
      {editing ? (
        <TaskForm plan={plan} task={task} story={story} onDone={() => setEditing(false)} />
      ) : (
        <>
          <p className="lead">{task.title}</p>
          <p>
            <Status look={taskLook(state, look.waitsFor(id))} />
          </p>
          {state?.reason && <p>{reasonSentence(state.reason, t)}</p>}
          {task.description && <p>{task.description}</p>}
          <Facts
            rows={[
              [t('Strategy'), task.technical_strategy || '–'],
              [
                t('Depends on'),
                task.depends_on.length === 0
                  ? '–'
                  : task.depends_on.map((other) => (
                      <button key={other} type="button" className="link" onClick={() => panel.setView({ task: other })}>
                        {other}
                      </button>
                    )),
              ],
              [
                t('Verified by'),
                task.verification_script ? (
                  <pre key="v" className="command">
                    {task.verification_script}
                  </pre>
                ) : (
                  t('nothing: it can only end unverified')
                ),
              ],
              [t('Last result'), check ? exitWord(check, t) : t('not run yet')],
              [t('Story'), `${story.id} ${story.title}`],
              [t('Mode'), modeWord(story.mode ?? 'sequential')],
              ...(task.needs?.length ? ([[t('Needs'), task.needs.join(', ')]] as const) : []),
              ...(state && hasCost(state) ? ([[t('Spent'), money(state.costUsd)]] as const) : []),
              ...(state?.commit ? ([[t('Commit'), <code key="c">{state.commit.slice(0, 7)}</code>]] as const) : []),
            ]}
          />
          <div className="actions">
            {state && !isPast(snapshot) && (
              <TaskActions
                plan={plan.id}
                task={{ ...state, id, story: story.id }}
                run={inRun ? run?.id : undefined}
                rests={restsNow(run?.state.status ?? 'completed')}
              />
            )}
            <button type="button" onClick={() => setEditing(true)}>
              {t('Edit')}
            </button>
            {inRun && (
              <button type="button" onClick={() => panel.setView({ tab: 'run', node: `task/${id}`, follow: false })}>
                {t('Show in Run')}
              </button>
            )}
          </div>
        </>
      )}
    </aside>
  );
}
