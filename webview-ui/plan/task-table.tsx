/** The plan as a table, story by story: what the graph says, in rows. */
import { Fragment } from 'react';
import type { PlanRecord } from '../../src/core/model/plan.js';
import type { TaskState } from '../../src/core/model/run.js';
import { usePanel } from '../context.js';
import { money } from '../format.js';
import { t } from '../l10n.js';
import { Icon, Status, taskLook } from '../parts/status.js';
import { useRowKeys } from './row-keys.js';
import { hasCost, type TaskLooks } from './task-states.js';

export function TaskTable({
  plan,
  look,
  critical,
}: {
  plan: PlanRecord;
  look: TaskLooks;
  critical: readonly string[];
}) {
  const { panel, snapshot } = usePanel();
  const chosen = snapshot.view.task;
  const tasks = plan.document.stories.flatMap((story) => story.tasks);
  const entry = chosen ?? tasks[0]?.id;
  const onKeyDown = useRowKeys(tasks, (task) => panel.setView({ task }));
  return (
    <div className="table-scroll" onKeyDown={onKeyDown}>
      <table className="tasks">
        <thead>
          <tr>
            <th scope="col">{t('Task')}</th>
            <th scope="col">{t('Status')}</th>
            <th scope="col" className="wide">
              {t('Waits for')}
            </th>
            <th scope="col" className="wide">
              {t('Verified by')}
            </th>
            <th scope="col" className="wide number">
              {t('Cost')}
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.document.stories.map((story) => (
            <Fragment key={story.id}>
              <tr className="story-row">
                <th colSpan={5} scope="rowgroup">
                  <span className="story-id">{story.id}</span> {story.title}
                  <StoryCheck check={look.checkOf(story.id)} />
                </th>
              </tr>
              {story.tasks.map((task) => {
                const state = look.states.get(task.id);
                return (
                  <tr
                    key={task.id}
                    className={task.id === chosen ? 'selected' : ''}
                    onClick={() => panel.setView({ task: task.id })}
                  >
                    <td>
                      <button
                        type="button"
                        className="link"
                        data-task={task.id}
                        tabIndex={task.id === entry ? 0 : -1}
                        aria-pressed={task.id === chosen}
                      >
                        {task.id}
                      </button>{' '}
                      {task.title}
                      {critical.includes(task.id) && <span className="dim"> · {t('critical path')}</span>}
                    </td>
                    <td>
                      <Status look={taskLook(state, look.waitsFor(task.id))} />
                    </td>
                    <td className="wide">{task.depends_on.join(', ') || '–'}</td>
                    <td className="wide">
                      <code>{task.verification_script || '–'}</code>
                    </td>
                    <td className="wide number">{state && hasCost(state) ? money(state.costUsd) : '–'}</td>
                  </tr>
                );
              })}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StoryCheck({ check }: { check: TaskState | undefined }) {
  if (!check || check.status === 'pending') return null;
  const { icon, tone, word } = taskLook(check);
  return (
    <span className="story-check">
      {' '}
      <Icon name={icon} tone={tone} /> {t('check: {status}', { status: word })}
    </span>
  );
}
