/** The Run tab: which run, how it stands, its timeline, and the detail of the chosen row beside it. */
import type { KeyboardEvent } from 'react';
import { useCan, usePanel } from '../context.js';
import { dateTime } from '../format.js';
import { t } from '../l10n.js';
import { Empty, Skeleton } from '../parts/states.js';
import { runLook } from '../parts/status.js';
import { nodeAt } from '../store/moment.js';
import type { Panel } from '../store/panel.js';
import { Costs } from './costs.js';
import { Detail } from './detail.js';
import { FilterBar } from './filter-bar.js';
import { PastNotice } from './past-notice.js';
import { NeedsYou, RunHeader } from './run-header.js';
import { Scrubber } from './scrubber.js';
import { Timeline } from './timeline.js';

export function RunTab() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { runs, run, caughtUp, view } = snapshot;
  if (!runs) return <Skeleton rows={12} />;
  if (!run)
    return (
      <Empty
        title={t('Nothing has run yet')}
        actions={
          can('openexec.run') && snapshot.planView?.plan
            ? [
                {
                  label: t('Run…'),
                  primary: true,
                  run: () => panel.host.command('openexec.run', { plan: snapshot.planView!.plan!.id }),
                },
              ]
            : can('openexec.plan')
              ? [{ label: t('Plan…'), primary: true, run: () => panel.host.command('openexec.plan', {}) }]
              : []
        }
      >
        <p>
          {t(
            'A run works through an approved plan task by task. Here you will see every model turn, command, decision and change as it happens, and can pause it.',
          )}
        </p>
      </Empty>
    );
  const chosen = view.node === null ? undefined : run.outline.byId.get(view.node);
  const { moment } = snapshot;
  const selected = chosen && moment && chosen.seq <= moment.seq ? nodeAt(chosen, moment.seq) : chosen;
  return (
    <div className="run-tab" onKeyDown={(event) => jumpKey(event, panel)}>
      <RunChoice />
      <PastNotice />
      <RunHeader run={run} />
      <NeedsYou run={run} />
      {!caughtUp && run.state.seq === 0 ? (
        <Skeleton rows={12} />
      ) : (
        <div className={`split${selected ? ' with-detail' : ''}`}>
          <div className="split-main">
            <FilterBar run={run} />
            {view.costs && <Costs run={run} />}
            <Timeline run={run} />
            <Tail />
          </div>
          {selected && <Detail key={selected.id} node={selected} run={run} />}
        </div>
      )}
      <Scrubber run={run} />
    </div>
  );
}

/** F8 as for problems in VS Code's editors; F7 for what was asked. */
function jumpKey(event: KeyboardEvent, panel: Panel): void {
  const what = ({ F8: 'errors', F7: 'questions' } as const)[event.key as 'F8' | 'F7'];
  if (!what || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  panel.jump(what, event.shiftKey ? -1 : 1);
}

function RunChoice() {
  const { panel, snapshot } = usePanel();
  const { runs, run, view } = snapshot;
  if (!runs || runs.length < 2) return null;
  return (
    <label className="run-choice">
      {t('Run')}
      <select
        value={view.run ?? ''}
        onChange={(event) => panel.setView({ run: event.target.value || null, node: null })}
      >
        <option value="">{t('Newest')}</option>
        {runs.map((each) => (
          <option key={each.id} value={each.id}>
            {`${each.title} · ${runLook(each.id === run?.id && run.state.seq > 0 ? run.state.status : each.status).word} · ${dateTime(each.createdAt)}`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Tasks at work together whose last words are shown. */
const TAILS = 3;

/** The last words of what is at work now; not part of the record. */
function Tail() {
  const { snapshot } = usePanel();
  const run = snapshot.run;
  if (!run || run.state.status !== 'running' || snapshot.moment) return null;
  const tails = [...run.tail.values()].slice(-TAILS);
  return tails.map((tail) => {
    const line = tail.text.trimEnd().split('\n').at(-1) ?? '';
    return (
      <div key={tail.task} className="tail" title={tail.text.slice(-400)}>
        <span className="dim">{tails.length > 1 ? `${tail.task} · ${tail.stage}` : tail.stage}</span>{' '}
        <code>{line.slice(-300)}</code>
      </div>
    );
  });
}
