/** On return after an absence: what happened meanwhile, in one line, and the way to see it happen. */
import { usePanel } from './context.js';
import { dateTime, money, time } from './format.js';
import { t } from './l10n.js';
import { Notice } from './parts/states.js';

const DAY = 24 * 3600_000;

export function AbsenceNotice() {
  const { panel, snapshot } = usePanel();
  const { absence, run } = snapshot;
  if (!absence || !run) return null;
  const { since, seq, done, failed, waiting, costUsd } = absence;
  const parts = [
    ...(done > 0 ? [t('{n} done', { n: done })] : []),
    ...(failed > 0 ? [t('{n} failed', { n: failed })] : []),
    ...(waiting === 1 ? [t('1 waits for you')] : waiting > 1 ? [t('{n} wait for you', { n: waiting })] : []),
    ...(costUsd === null || costUsd > 0 ? [money(costUsd)] : []),
  ];
  return (
    <Notice
      icon="clock"
      tone="dim"
      actions={[
        {
          label: t('Replay From There'),
          run: () => {
            panel.setView({ tab: 'run' });
            panel.scrub(seq);
            panel.endAbsence();
          },
        },
        { label: t('Dismiss'), run: () => panel.endAbsence() },
      ]}
    >
      {t('Since {time}: {what}.', {
        time: Math.abs(Date.now() - since) > DAY ? dateTime(since) : time(since),
        what: parts.length > 0 ? parts.join(', ') : t('the run went on, no task ended'),
      })}
    </Notice>
  );
}
