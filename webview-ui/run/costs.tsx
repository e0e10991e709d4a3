/**
 * What the run spent: money and tokens over time as two lines, and by task as a table that says the same in numbers.
 */
import { useMemo } from 'react';
import { storyOfCheck } from '../../src/core/model/plain/story-check.js';
import { usePanel } from '../context.js';
import { count, money, time } from '../format.js';
import { t } from '../l10n.js';
import type { LiveRun } from '../store/page.js';
import { spendingOf, type Spending, type SpendingPoint, type TaskSpending } from '../store/spending.js';

/** Rows of the table; the rest is summed in one. */
const TASKS = 50;

export function Costs({ run }: { run: LiveRun }) {
  const { moment } = usePanel().snapshot;
  const n = run.history.events.length;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the list grows in place: its length says when
  const spending = useMemo(() => spendingOf(run.history.events), [run, n]);
  if (spending.tasks.length === 0) return <p className="hint">{t('No model turn yet: nothing was spent.')}</p>;
  return (
    <section className="costs" aria-label={t('Cost over time')}>
      <div className="charts">
        <Chart spending={spending} of="usd" name={t('Money')} says={(value) => money(value)} seq={moment?.seq} />
        <Chart spending={spending} of="tokens" name={t('Tokens')} says={count} seq={moment?.seq} />
        {spending.unpriced > 0 && (
          <p className="dim">
            {t('{n} turns have no known price; they are in the tokens, not in the money.', {
              n: count(spending.unpriced),
            })}
          </p>
        )}
      </div>
      <TaskCosts tasks={spending.tasks} whole={moment !== null} />
    </section>
  );
}

const WIDTH = 240;
const HEIGHT = 48;

interface ChartProps {
  spending: Spending;
  of: 'usd' | 'tokens';
  name: string;
  says(value: number): string;
  /** The moment that is looked at. */
  seq: number | undefined;
}

function Chart({ spending: { line }, of, name, says, seq }: ChartProps) {
  const first = line[0];
  const last = line[line.length - 1];
  if (!first || !last) return null;
  const top = Math.max(last[of], Number.MIN_VALUE);
  const x = (point: SpendingPoint): number => (point.ran / Math.max(1, last.ran)) * WIDTH;
  const y = (point: SpendingPoint): number => HEIGHT - (point[of] / top) * (HEIGHT - 2);
  // it is spent in steps: flat until a turn ends
  const steps = line
    .slice(1)
    .map((point) => `H${x(point).toFixed(1)}V${y(point).toFixed(1)}`)
    .join('');
  const path = `M0 ${HEIGHT}${steps}`;
  const here = seq === undefined ? undefined : line.findLast((point) => point.seq <= seq);
  return (
    <figure className="chart">
      <figcaption>
        <span className="dim">{name}</span> <strong>{says(here ? here[of] : last[of])}</strong>
        {here && <span className="dim"> {t('of {all} at the end', { all: says(last[of]) })}</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t('{name} over time: from 0 at {start} to {value} at {end}. The table has the numbers by task.', {
          name,
          start: time(first.at),
          value: says(last[of]),
          end: time(last.at),
        })}
      >
        <path className={`area area-${of}`} d={`${path}V${HEIGHT}Z`} />
        <path className={`stroke stroke-${of}`} d={path} vectorEffect="non-scaling-stroke" />
        {here && (
          <path className="chart-moment" d={`M${x(here).toFixed(1)} 0V${HEIGHT}`} vectorEffect="non-scaling-stroke" />
        )}
      </svg>
      <div className="chart-axis dim" aria-hidden="true">
        <span>{time(first.at)}</span>
        <span>{time(last.at)}</span>
      </div>
    </figure>
  );
}

/** `whole`: said where an earlier moment is shown, of which these numbers are not. */
function TaskCosts({ tasks, whole }: { tasks: readonly TaskSpending[]; whole: boolean }) {
  const { panel } = usePanel();
  const most = Math.max(...tasks.map((task) => task.tokens));
  const rest = tasks.slice(TASKS);
  const sum = (list: readonly TaskSpending[]) =>
    list.reduce<TaskSpending>(
      (all, task) => ({
        task: '',
        turns: all.turns + task.turns,
        tokens: all.tokens + task.tokens,
        usd: all.usd === null || task.usd === null ? null : all.usd + task.usd,
      }),
      { task: '', turns: 0, tokens: 0, usd: 0 },
    );
  const row = (task: TaskSpending, name: React.ReactNode) => (
    <tr key={task.task}>
      <th scope="row">{name}</th>
      <td className="number">{money(task.usd)}</td>
      <td className="number">{count(task.tokens)}</td>
      <td className="number wide">{count(task.turns)}</td>
      <td className="wide bar-cell" aria-hidden="true">
        <div className="share" style={{ width: `${Math.min(100, (task.tokens / most) * 100)}%` }} />
      </td>
    </tr>
  );
  return (
    <div className="table-scroll">
      <table className="tasks">
        {whole && <caption className="dim">{t('By task, over the whole run')}</caption>}
        <thead>
          <tr>
            <th scope="col">{t('Task')}</th>
            <th scope="col" className="number">
              {t('Cost')}
            </th>
            <th scope="col" className="number">
              {t('Tokens')}
            </th>
            <th scope="col" className="number wide">
              {t('Turns')}
            </th>
            <th className="wide bar-cell" aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          {tasks.slice(0, TASKS).map((task) =>
            row(
              task,
              <button type="button" className="link" onClick={() => panel.goTo(`task/${task.task}`)}>
                {storyOfCheck(task.task) === undefined
                  ? task.task || t('the run')
                  : t('check of {story}', { story: storyOfCheck(task.task)! })}
              </button>,
            ),
          )}
          {rest.length > 0 && row(sum(rest), t('{n} more tasks', { n: count(rest.length) }))}
        </tbody>
        {tasks.length > 1 && (
          <tfoot>
            <tr>
              <th scope="row">{t('All')}</th>
              <td className="number">{money(sum(tasks).usd)}</td>
              <td className="number">{count(sum(tasks).tokens)}</td>
              <td className="number wide">{count(sum(tasks).turns)}</td>
              <td className="wide" />
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
