/** The Intent tab: what the plan was made from, and its goals. */
import { useCan, usePanel } from '../context.js';
import { dateTime } from '../format.js';
import { t } from '../l10n.js';
import { AskedFor } from '../parts/asked-for.js';
import { modelName } from '../parts/model-name.js';
import { Empty, Skeleton, type Action } from '../parts/states.js';

export function IntentTab() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { planView } = snapshot;
  if (!planView) return <Skeleton rows={6} />;
  const { plan } = planView;
  const actions: Action[] = can('openexec.plan')
    ? [{ label: t('Plan…'), primary: true, run: () => panel.host.command('openexec.plan', {}) }]
    : [];
  if (!plan)
    return (
      <Empty title={t('What do you want to build?')} actions={actions}>
        <p>
          {t(
            'State it in a sentence or pick an INTENT.md: OpenExec makes a plan of it that you read, change and approve before anything runs.',
          )}
        </p>
      </Empty>
    );
  const { source } = plan;
  const fromFile = source.kind === 'intent-file' || source.kind === 'stories-file';
  const says: Record<typeof source.kind, string> = {
    intent: t('as you stated it'),
    'intent-file': t('read from a file'),
    'stories-file': t('imported from a file'),
    empty: t('started empty'),
    duplicate: t('copied from another plan'),
  };
  return (
    <div className="page">
      <header className="page-head">
        <h1>{plan.name}</h1>
        <p className="dim">
          {[
            says[source.kind],
            dateTime(plan.createdAt),
            plan.model ? t('planned by {model}', { model: modelName(plan.model) }) : '',
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </header>
      {source.text && (
        <section>
          <h2>{t('Asked for')}</h2>
          <AskedFor text={source.text} fromFile={fromFile} />
        </section>
      )}
      <section>
        <h2>{t('Goals')}</h2>
        {plan.document.goals.length === 0 && <p className="dim">{t('The plan names no goals.')}</p>}
        {plan.document.goals.map((goal) => (
          <div key={goal.id} className="goal">
            <h3>
              <span className="story-id">{goal.id}</span> {goal.title}
            </h3>
            {goal.description && <p>{goal.description}</p>}
            <dl className="table">
              {goal.success_criteria && (
                <div>
                  <dt>{t('Met when')}</dt>
                  <dd>{goal.success_criteria}</dd>
                </div>
              )}
              {goal.verification_method && (
                <div>
                  <dt>{t('Shown by')}</dt>
                  <dd>{goal.verification_method}</dd>
                </div>
              )}
            </dl>
          </div>
        ))}
      </section>
      <div className="actions">
        <button type="button" className="primary" onClick={() => panel.setView({ tab: 'plan' })}>
          {t('Show Plan')}
        </button>
        {can('openexec.plan') && (
          <button type="button" onClick={() => panel.host.command('openexec.plan', {})}>
            {t('Plan Something Else…')}
          </button>
        )}
      </div>
    </div>
  );
}
