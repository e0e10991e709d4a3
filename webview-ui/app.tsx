/** The whole panel: what stands in the way first, else the four tabs. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { PanelTab } from '../src/protocol/panel.js';
import { AbsenceNotice } from './absence-notice.js';
import { useCan, usePanel } from './context.js';
import { IntentTab } from './intent/intent-tab.js';
import { t } from './l10n.js';
import { Banners } from './banners.js';
import { Empty, Skeleton, type Action } from './parts/states.js';
import { PlanTab } from './plan/plan-tab.js';
import { ReportTab } from './report/report-tab.js';
import { RunTab } from './run/run-tab.js';
import type { Snapshot } from './store/page.js';

export function App() {
  const { snapshot } = usePanel();
  const { environment } = snapshot;
  if (!environment) return <Skeleton />;
  if (environment.root === null || !environment.trusted || environment.problem) return <Blocked />;
  return (
    <main className="shell">
      <Banners />
      <AbsenceNotice />
      <Tabs />
      <NeedsPerson />
    </main>
  );
}

/** No folder, no trust, or the runs cannot be opened. */
function Blocked() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { environment } = snapshot;
  if (!environment) return null;
  const log: Action[] = can('openexec.showLog')
    ? [{ label: t('Open Log'), run: () => panel.host.command('openexec.showLog', {}) }]
    : [];
  if (environment.root === null)
    return (
      <Empty
        title={t('No folder is open')}
        actions={[
          ...(can('workbench.action.files.openFolder')
            ? [
                {
                  label: t('Open Folder…'),
                  primary: true,
                  run: () => panel.host.command('workbench.action.files.openFolder', {}),
                },
              ]
            : []),
          ...(can('openexec.openDemo')
            ? [{ label: t('Open Demo'), run: () => panel.host.command('openexec.openDemo', {}) }]
            : []),
        ]}
      >
        <p>{t('OpenExec plans and runs work in a folder, so that every change and every check has a place.')}</p>
      </Empty>
    );
  if (!environment.trusted)
    return (
      <Empty
        title={t('This workspace is not trusted')}
        actions={
          can('workbench.trust.manage')
            ? [{ label: t('Manage Trust'), primary: true, run: () => panel.host.command('workbench.trust.manage', {}) }]
            : []
        }
      >
        <p>{t('OpenExec runs nothing, writes nothing and reads no history here until you trust the workspace.')}</p>
      </Empty>
    );
  const held = ['not-owner', 'owner-unreachable', 'store-locked'].includes(environment.problem?.code ?? '');
  return (
    <Empty
      title={
        held ? t('Another process holds the runs of this folder') : t('The runs of this folder could not be opened')
      }
      actions={[
        { label: t('Retry'), primary: true, run: () => panel.host.ready() },
        ...(held && can('openexec.takeOver')
          ? [{ label: t('Take Over'), run: () => panel.host.command('openexec.takeOver', { root: environment.root! }) }]
          : []),
        ...log,
      ]}
    >
      <p>{environment.problem?.message}</p>
    </Empty>
  );
}

interface TabInfo {
  id: PanelTab;
  label: string;
  /** Short, beside the label; '' for none. */
  badge: string;
  /** What the badge counts: for those who hear it, and as its tooltip. */
  unit: string;
  says: string;
}

function tabsOf({ planView, run }: Snapshot): TabInfo[] {
  const tasks = planView?.plan?.document.stories.reduce((sum, story) => sum + story.tasks.length, 0) ?? 0;
  const goals = planView?.plan?.document.goals.length ?? 0;
  const state = run?.state;
  const open = state ? state.tasks.size - state.done : 0;
  return [
    {
      id: 'intent',
      label: t('Intent'),
      badge: goals > 0 ? String(goals) : '',
      unit: t('goals'),
      says: t('{n} goals', { n: goals }),
    },
    {
      id: 'plan',
      label: t('Plan'),
      badge: tasks > 0 ? String(tasks) : '',
      unit: t('tasks'),
      says: t('{n} tasks', { n: tasks }),
    },
    {
      id: 'run',
      label: t('Run'),
      badge: state && state.tasks.size > 0 ? `${state.done}/${state.tasks.size}` : '',
      unit: t('tasks done'),
      says: t('{done} of {all} tasks done', { done: state?.done ?? 0, all: state?.tasks.size ?? 0 }),
    },
    {
      id: 'report',
      label: t('Report'),
      badge: open > 0 ? String(open) : '',
      unit: t('tasks left open'),
      says: t('{n} tasks left open', { n: open }),
    },
  ];
}

function Tabs() {
  const { panel, snapshot } = usePanel();
  const list = useRef<HTMLDivElement>(null);
  const tabs = tabsOf(snapshot);
  const active = snapshot.view.tab;
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === active);
    const next = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    panel.setView({ tab: tabs[next]!.id });
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label="OpenExec" ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            aria-selected={tab.id === active}
            aria-controls="tab-panel"
            title={tab.badge ? tab.says : undefined}
            tabIndex={tab.id === active ? 0 : -1}
            onClick={() => panel.setView({ tab: tab.id })}
          >
            {tab.label}
            {tab.badge && (
              <span className="count">
                {' '}
                {tab.badge}
                <span className="sr-only"> {tab.unit}</span>
              </span>
            )}
          </button>
        ))}
      </div>
      <div className="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${active}`}>
        {active === 'intent' && <IntentTab />}
        {active === 'plan' && <PlanTab />}
        {active === 'run' && <RunTab />}
        {active === 'report' && <ReportTab />}
      </div>
    </>
  );
}

/** Said aloud only when something new waits for the person. */
function NeedsPerson() {
  const { snapshot } = usePanel();
  const pending = snapshot.run ? [...snapshot.run.state.pending.values()] : [];
  const newest = pending[pending.length - 1];
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (newest && snapshot.caughtUp) setSaid(t('OpenExec needs you: {title}', { title: newest.title }));
  }, [newest, snapshot.caughtUp]);
  return (
    <div className="sr-only" aria-live="polite">
      {newest ? said : ''}
    </div>
  );
}
