/** Said at the top while an earlier moment is shown, so that nobody takes it for now. */
import { usePanel } from '../context.js';
import { count, time } from '../format.js';
import { t } from '../l10n.js';
import { Notice } from '../parts/states.js';
import { runLook } from '../parts/status.js';

/** `way`: with the button back, where no scrubber stands below. */
export function PastNotice({ way = false }: { way?: boolean }) {
  const { panel, snapshot } = usePanel();
  const { run, moment } = snapshot;
  if (!run || !moment) return null;
  return (
    <Notice icon="history" tone="care" actions={way ? [{ label: t('Back to Now'), run: () => panel.scrub(null) }] : []}>
      <strong>
        {t('The past: {time}, event {n} of {all}.', {
          time: time(moment.state.lastAt),
          n: count(moment.seq),
          all: count(run.history.events.length),
        })}
      </strong>{' '}
      {t('The run itself is now: {status}.', { status: runLook(run.state.status).word })}
    </Notice>
  );
}
