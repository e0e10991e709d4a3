/** The Plan tab: the graph, the bars or the table, the chosen task beside it, the problems below. */
import { waitsForInPlan } from '../../src/core/view/standing.js';
import { isPast, lazyTaskStates, storyCheckOf } from './task-states.js';
import { useCan, usePanel } from '../context.js';
import { plural, spentOf } from '../format.js';
import { t } from '../l10n.js';
import { Empty, Notice, Skeleton, type Action } from '../parts/states.js';
import { PastNotice } from '../run/past-notice.js';
import { Gantt } from './gantt.js';
import { Graph } from './graph.js';
import { Problems } from './problems.js';
import { TaskTable } from './task-table.js';
import { TaskPanel } from './task-panel.js';

export function PlanTab() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { planView, view } = snapshot;
  if (!planView) return <Skeleton rows={10} />;
  const { plan } = planView;
  const planAction: Action[] = can('openexec.plan')
    ? [{ label: t('Plan…'), primary: true, run: () => panel.host.command('openexec.plan', {}) }]
    : [];
  if (!plan)
    return (
      <Empty title={t('No plan yet')} actions={planAction}>
        <p>
          {t(
            'A plan breaks what you want into stories and tasks, each with a command that proves it. It shows here as a graph: what waits for what, and what is done.',
          )}
        </p>
      </Empty>
    );
  if (plan.document.stories.every((story) => story.tasks.length === 0))
    return (
      <Empty title={plan.name} actions={planAction}>
        <p>{t('This plan has no tasks yet.')}</p>
      </Empty>
    );
  const states = lazyTaskStates(snapshot);
  const look = {
    states,
    waitsFor: (id: string) => waitsForInPlan(plan.document, id, (task) => states.get(task)),
    checkOf: (story: string) => storyCheckOf(snapshot, story),
  };
  return (
    <div className="plan-tab">
      {isPast(snapshot) && <PastNotice way />}
      <PlanHead />
      <div className={`split${view.task ? ' with-detail' : ''}`}>
        <div className="split-main">
          {view.planView === 'graph' ? (
            <Graph planView={planView} look={look} />
          ) : view.planView === 'gantt' && planView.schedule ? (
            <Gantt document={plan.document} schedule={planView.schedule} look={look} />
          ) : (
            <TaskTable plan={plan} look={look} critical={planView.schedule?.critical ?? []} />
          )}
        </div>
        {view.task && <TaskPanel key={view.task} plan={plan} task={view.task} look={look} />}
      </div>
      <Problems problems={[...(plan.notes ?? []), ...planView.problems]} document={plan.document} />
    </div>
  );
}

function PlanHead() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { planView, view } = snapshot;
  const plan = planView?.plan;
  if (!plan) return null;
  const approved = plan.approval?.iteration === plan.iteration;
  const errors = planView.problems.filter((problem) => problem.severity === 'error').length;
  const tasks = plan.document.stories.reduce((sum, story) => sum + story.tasks.length, 0);
  const schedule = planView.schedule;
  return (
    <>
      <header className="plan-head">
        <h1>{plan.name}</h1>
        <span className="dim">
          {[
            plural(plan.document.stories.length, '{n} story', '{n} stories'),
            plural(tasks, '{n} task', '{n} tasks'),
            ...(schedule && schedule.waves.length > 0 ? [plural(schedule.waves.length, '{n} wave', '{n} waves')] : []),
            t('version {n}', { n: plan.iteration }),
            approved ? t('approved') : t('not approved'),
            ...(planView.spent ? spentOf(planView.spent) : []),
          ].join(' · ')}
        </span>
        <div className="actions">
          <div className="switch" role="group" aria-label={t('View')}>
            <button
              type="button"
              className="toggle"
              aria-pressed={view.planView === 'graph'}
              onClick={() => panel.setView({ planView: 'graph' })}
            >
              {t('Graph')}
            </button>
            <button
              type="button"
              className="toggle"
              aria-pressed={view.planView === 'gantt'}
              onClick={() => panel.setView({ planView: 'gantt' })}
            >
              {t('Gantt')}
            </button>
            <button
              type="button"
              className="toggle"
              aria-pressed={view.planView === 'table'}
              onClick={() => panel.setView({ planView: 'table' })}
            >
              {t('Table')}
            </button>
          </div>
          {!approved && errors === 0 && can('openexec.approvePlan') && (
            <button
              type="button"
              className="primary"
              onClick={() => panel.host.command('openexec.approvePlan', { plan: plan.id })}
            >
              {t('Approve…')}
            </button>
          )}
          {approved && can('openexec.run') && (
            <button
              type="button"
              className="primary"
              onClick={() => panel.host.command('openexec.run', { plan: plan.id })}
            >
              {t('Run…')}
            </button>
          )}
        </div>
      </header>
      {plan.degraded && (
        <Notice icon="warning" tone="care">
          {t('Made by rules, because no model answered: read it with care before you approve it.')}
        </Notice>
      )}
    </>
  );
}
