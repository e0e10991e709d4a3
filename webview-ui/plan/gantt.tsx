/**
 * The plan as bars over estimated hours: what will run when, with the execution modes.
 * A table, so that it is read and walked like one.
 */
import { eachTask, type PlanDocument } from '../../src/core/model/plan.js';
import type { Result } from '../../src/core/model/requests.js';
import { usePanel } from '../context.js';
import { t } from '../l10n.js';
import { Icon, taskLook } from '../parts/status.js';
import { useRowKeys } from './row-keys.js';
import type { TaskLooks } from './task-states.js';

type Schedule = Result<'plan/schedule'>;
type Bars = NonNullable<Schedule['gantt']>;

const hours = (value: number): string => t('{n} h', { n: Number.isInteger(value) ? value : value.toFixed(1) });

/** Of the width of the whole plan. */
const share = (gantt: Bars, value: number): string => `${(value / Math.max(gantt.hours, Number.MIN_VALUE)) * 100}%`;

export function Gantt({ document, schedule, look }: { document: PlanDocument; schedule: Schedule; look: TaskLooks }) {
  const { panel, snapshot } = usePanel();
  const { gantt } = schedule;
  const tasks = new Map([...eachTask(document)].map(({ task, story }) => [task.id, { task, story }]));
  const onKeyDown = useRowKeys(
    (gantt?.bars ?? []).map(({ task }) => ({ id: task, title: tasks.get(task)?.task.title ?? '' })),
    (task) => panel.setView({ task }),
  );
  if (!gantt || gantt.bars.length === 0)
    return <p className="hint">{t('No task of this plan can start: the problems below say why.')}</p>;
  const chosen = snapshot.view.task;
  const critical = new Set(schedule.critical);
  const stuck = tasks.size - gantt.bars.length;
  return (
    <>
      <p className="gantt-says dim">
        {t('About {hours} as it will run; {least} if everything ran together that can. Hours are estimates.', {
          hours: hours(gantt.hours),
          least: hours(schedule.spanHours),
        })}
        {gantt.bars.some((bar) => bar.lane > 0) &&
          ` ${t('At most {n} tasks run in worktrees at once.', { n: gantt.lanes })}`}
        {stuck > 0 && ` ${t('{n} tasks can never start and are not drawn.', { n: stuck })}`}
      </p>
      <div className="table-scroll gantt" onKeyDown={onKeyDown}>
        <table className="tasks">
          <thead>
            <tr>
              <th scope="col">{t('Task')}</th>
              <th scope="col">
                <Axis gantt={gantt} />
              </th>
            </tr>
          </thead>
          <tbody>
            {gantt.bars.map((bar, index) => (
              <BarRow
                key={bar.task}
                bar={bar}
                title={tasks.get(bar.task)?.task.title ?? ''}
                gantt={gantt}
                critical={critical.has(bar.task)}
                look={look}
                chosen={bar.task === chosen}
                tabbed={chosen === null ? index === 0 : bar.task === chosen}
                onChoose={() => panel.setView({ task: bar.task })}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Legend gantt={gantt} />
    </>
  );
}

interface BarRowProps {
  bar: Bars['bars'][number];
  title: string;
  gantt: Bars;
  critical: boolean;
  look: TaskLooks;
  chosen: boolean;
  /** The one row that Tab reaches. */
  tabbed: boolean;
  onChoose(): void;
}

function BarRow({ bar, title, gantt, critical, look, chosen, tabbed, onChoose }: BarRowProps) {
  const { icon, tone, word } = taskLook(look.states.get(bar.task), look.waitsFor(bar.task));
  const says = [
    word,
    t('hour {start} to {end}', { start: bar.start, end: bar.end }),
    bar.lane === 0 ? t('in your tree') : t('in worktree {n}', { n: bar.lane }),
    ...(bar.manual ? [t('asks before it starts')] : []),
    ...(critical ? [t('on the critical path')] : []),
  ].join(' · ');
  return (
    <tr className={chosen ? 'selected' : ''} onClick={onChoose}>
      <th scope="row" title={`${bar.task} ${title}`}>
        <Icon name={icon} tone={tone} />
        <button type="button" className="link" data-task={bar.task} tabIndex={tabbed ? 0 : -1} aria-pressed={chosen}>
          {bar.task}
        </button>{' '}
        <span className="gantt-title">{title}</span>
      </th>
      <td>
        <div className="lane" title={says}>
          {gantt.pauses.map((pause) => (
            <div key={pause.story} className="pause" style={{ left: share(gantt, pause.at) }} />
          ))}
          <div
            className={`bar-of tone-${tone}${critical ? ' critical' : ''}${bar.lane > 0 ? ' beside' : ''}`}
            style={{ left: share(gantt, bar.start), width: share(gantt, bar.end - bar.start) }}
          >
            {bar.manual && <span className="codicon codicon-person" aria-hidden="true" />}
            <span aria-hidden="true">{`${hours(bar.end - bar.start)} · ${word}`}</span>
          </div>
          <span className="sr-only">{says}</span>
        </div>
      </td>
    </tr>
  );
}

function Legend({ gantt }: { gantt: Bars }) {
  return (
    <p className="gantt-legend dim">
      <span>
        <span className="swatch" /> {t('in your tree')}
      </span>
      {gantt.bars.some((bar) => bar.lane > 0) && (
        <span>
          <span className="swatch beside" /> {t('beside it, in a worktree')}
        </span>
      )}
      <span>
        <span className="swatch critical" /> {t('critical path')}
      </span>
      {gantt.pauses.length > 0 && (
        <span>
          <span className="swatch pause" />{' '}
          {t('pauses after {stories}', { stories: gantt.pauses.map((pause) => pause.story).join(', ') })}
        </span>
      )}
      {gantt.bars.some((bar) => bar.manual) && (
        <span>
          <span className="codicon codicon-person" aria-hidden="true" /> {t('asks before it starts')}
        </span>
      )}
    </p>
  );
}

/** Five marks at most, at whole hours. */
function Axis({ gantt }: { gantt: Bars }) {
  const step = Math.max(1, Math.ceil(gantt.hours / 5));
  const marks = Array.from({ length: Math.floor(gantt.hours / step) + 1 }, (_, n) => n * step).filter(
    (mark) => mark < gantt.hours * 0.95 || mark === 0,
  );
  return (
    <>
      <span className="sr-only">{t('When, in hours from the start')}</span>
      <div className="axis" aria-hidden="true">
        {marks.map((mark) => (
          <span key={mark} style={{ left: share(gantt, mark) }}>
            {hours(mark)}
          </span>
        ))}
      </div>
    </>
  );
}
