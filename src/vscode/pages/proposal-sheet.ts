/** The page of a proposed change of a plan, with its answers. */
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { proposalPage, type ShownProposal } from './proposal-page.js';
import type { SheetPage } from './sheet-page.js';

export const proposalSheet: SheetPage<ShownProposal & { plan: string }> = {
  title: () => t('Proposed Change'),
  async load(openexec, { id, plan: of = '' }) {
    const [{ plan }, views] = await Promise.all([
      openexec.request('plan/get', { plan: of }),
      openexec.request('plan/proposals', { plan: of, answered: true }),
    ]);
    const view = views.find((one) => one.id === id);
    return plan && view ? { plan: plan.name, iteration: plan.iteration, view } : undefined;
  },
  page: (shown) => proposalPage(shown.plan, shown, t),
  lenses({ view }, { root, plan, id }) {
    if (view.status !== 'open') return [];
    const lens = (title: string, accept: boolean) => ({
      title,
      command: commands.reviewProposals,
      arguments: [{ root, plan, proposal: id, accept }],
    });
    return [...(view.problem ? [] : [lens(t('$(check) Accept'), true)]), lens(t('$(close) Decline'), false)];
  },
};
