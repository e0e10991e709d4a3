/** Lines above the tabs: a choice of folder, who owns the runs, no model, and the last failure. */
import { useCan, usePanel } from './context.js';
import { t } from './l10n.js';
import { time } from './format.js';
import { Notice, type Action } from './parts/states.js';

export function Banners() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { environment, failure } = snapshot;
  if (!environment) return null;
  const { owner, roots, root } = environment;
  const log: Action[] = can('openexec.showLog')
    ? [{ label: t('Open Log'), run: () => panel.host.command('openexec.showLog', {}) }]
    : [];
  const model: Action[] = can('openexec.selectModel')
    ? [{ label: t('Choose Model…'), run: () => panel.host.command('openexec.selectModel', {}) }]
    : can('openexec.setApiKey')
      ? [{ label: t('Set API Key…'), run: () => panel.host.command('openexec.setApiKey', {}) }]
      : [];
  return (
    <div className="banners">
      {roots.length > 1 && (
        <label className="root-choice">
          {t('Folder')}
          <select
            value={root ?? ''}
            onChange={(event) => panel.host.send({ type: 'use-root', root: event.target.value })}
          >
            {roots.map((each) => (
              <option key={each.path} value={each.path}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {owner && !owner.connected && (
        <Notice
          icon="lock"
          tone="care"
          actions={
            can('openexec.takeOver')
              ? [{ label: t('Take Over'), run: () => panel.host.command('openexec.takeOver', { root: root! }) }]
              : []
          }
        >
          {t('Read-only: the process that owns these runs ({pid}) does not answer. What you see may be old.', {
            pid: owner.pid,
          })}
        </Notice>
      )}
      {owner && owner.connected && !owner.ours && (
        <Notice icon="info" tone="dim">
          {owner.door === 'terminal'
            ? t(
                'A terminal (process {pid}, since {time}) owns the runs of this folder. This panel follows it; pause, resume and cancel act there.',
                { pid: owner.pid, time: time(owner.since) },
              )
            : t(
                'Another window (process {pid}, since {time}) owns the runs of this folder. This panel follows it; pause, resume and cancel act there.',
                { pid: owner.pid, time: time(owner.since) },
              )}
        </Notice>
      )}
      {!environment.model && (
        <Notice icon="warning" tone="care" actions={model}>
          {t('No model is connected: plans can be read and edited, but not generated or run.')}
        </Notice>
      )}
      {failure && (
        <Notice
          icon="error"
          tone="bad"
          actions={[
            {
              label: t('Retry'),
              run: () => {
                panel.clearFailure();
                failure.retry();
              },
            },
            { label: t('Dismiss'), run: () => panel.clearFailure() },
            ...log,
          ]}
        >
          <span role="alert">{failure.error.message}</span>
        </Notice>
      )}
    </div>
  );
}
