/** The pages of two runs compared and of a run replayed, with what they ask of the façade. */
import type { Result } from '../../core/model/requests.js';
import { t } from '../report-errors.js';
import { comparisonPage, replayPage } from './comparison-page.js';
import type { SheetPage } from './sheet-page.js';

export const comparisonSheet: SheetPage<Result<'run/compare'>> = {
  title: () => t('Two Runs'),
  load: (openexec, { id, other = '' }) => openexec.request('run/compare', { a: id, b: other }),
  page: (shown) => comparisonPage(shown, t),
};

/** The run is replayed for the page. */
export const replaySheet: SheetPage<{ title: string; replayed: Result<'run/replay'> }> = {
  title: () => t('Replay'),
  async load(openexec, { id }) {
    const [{ title }, replayed] = await Promise.all([
      openexec.request('run/get', { run: id }),
      openexec.request('run/replay', { run: id }),
    ]);
    return { title, replayed };
  },
  page: ({ title, replayed }) => replayPage(title, replayed, t),
};
