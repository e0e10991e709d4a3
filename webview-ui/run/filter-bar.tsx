/** Above the timeline: what to show, follow mode, fold and unfold all. */
import { usePanel } from '../context.js';
import { t } from '../l10n.js';
import { IconButton } from '../parts/icon-button.js';
import { setAllOpen } from '../store/outline.js';
import type { LiveRun } from '../store/page.js';
import { filterKinds } from './filter.js';

export function FilterBar({ run }: { run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const { kind, text, follow, costs } = snapshot.view;
  const all = (open: boolean) => () => {
    setAllOpen(run.outline, open);
    panel.touch();
  };
  return (
    <div className="bar" role="group" aria-label={t('Filter')}>
      <select aria-label={t('Show')} value={kind} onChange={(event) => panel.setView({ kind: event.target.value })}>
        {filterKinds().map((each) => (
          <option key={each.id} value={each.id}>
            {each.label}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label={t('Filter by text')}
        placeholder={t('Filter by text')}
        value={text}
        onChange={(event) => panel.setView({ text: event.target.value.slice(0, 500) })}
      />
      <IconButton icon="expand-all" label={t('Unfold All')} onClick={all(true)} />
      <IconButton icon="collapse-all" label={t('Fold All')} onClick={all(false)} />
      <IconButton
        icon="graph-line"
        label={t('Cost over Time')}
        pressed={costs}
        onClick={() => panel.setView({ costs: !costs })}
      />
      {run.state.status === 'running' && !snapshot.moment && (
        <button
          type="button"
          className="toggle"
          aria-pressed={follow}
          title={t('Keep the newest row in sight')}
          onClick={() => panel.setView({ follow: !follow })}
        >
          {t('Follow')}
        </button>
      )}
    </div>
  );
}
