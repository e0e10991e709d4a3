/** The plan as a table, story by story: what the graph says, in rows. */
import { Fragment, type KeyboardEvent } from 'react';
import type { PlanRecord } from '../../src/core/model/plan.js';
import type { TaskState } from '../../src/core/model/run.js';
import { usePanel } from '../context.js';
import { money } from '../format.js';
import { t } from '../l10n.js';
import { Icon, Status, taskLook } from '../parts/status.js';
import type { TaskLooks } from './task-states.js';

export function TaskTable({ plan, look, critical }: { plan: PlanRecord; look: TaskLooks; critical: readonly string[] }) {
  const { panel, snapshot } = usePanel();
  const chosen = snapshot.view.task;
  const ids = plan.document.stories.flatMap((story) => story.tasks.map((task) => task.id));
  const entry = chosen ?? ids[0];
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = ids.indexOf((event.target as HTMLElement).dataset['task'] ?? '');
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ids.length - 1 }[event.key];
    if (at < 0 || to === undefined || ids[to] === undefined) return;
    event.preventDefault();
    panel.setView({ task: ids[to] });
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-task="${CSS.escape(ids[to])}"]`)?.focus();
  };
  return (
    <div className="table-scroll" onKeyDown={onKeyDown}>
      <table className="tasks">
        <thead>
          <tr>
            <th scope="col">{t('Task')}</th>
            <th scope="col">{t('Status')}</th>
            <th scope="col" className="wide">{t('Waits for')}</th>
            <th scope="col" className="wide">{t('Verified by')}</th>
            <th scope="col" className="wide number">{t('Cost')}</th>
          </tr>
        </thead>
        <tbody>
          {plan.document.stories.map((story) => (
            <Fragment key={story.id}>
              <tr className="story-row">
                <th colSpan={5} scope="rowgroup"><span className="story-id">{story.id}</span> {story.title}<StoryCheck check={look.checkOf(story.id)} /></th>
              </tr>
              {story.tasks.map((task) => {
                const state = look.states.get(task.id);
                return (
                  <tr key={task.id} className={task.id === chosen ? 'selected' : ''} onClick={() => panel.setView({ task: task.id })}>
                    <td>
                      <button type="button" className="link" data-task={task.id} tabIndex={task.id === entry ? 0 : -1} aria-pressed={task.id === chosen}>{task.id}</button>{' '}
                      {task.title}{critical.includes(task.id) && <span className="dim"> · {t('critical path')}</span>}
                    </td>
                    <td><Status look={taskLook(state, look.waitsFor(task.id))} /></td>
                    <td className="wide">{task.depends_on.join(', ') || '–'}</td>
                    <td className="wide"><code>{task.verification_script || '–'}</code></td>
                    <td className="wide number">{state && state.tokens > 0 ? money(state.costUsd) : '–'}</td>
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
  return <span className="story-check"> <Icon name={icon} tone={tone} /> {t('check: {status}', { status: word })}</span>;
}
