import { describe, expect, it } from 'vitest';
import type { ProposalView } from '../../../src/core/model/plan-proposal.js';
import { plain as t } from '../../../src/core/view/sentences.js';
import { proposalLine, proposalPage } from '../../../src/vscode/pages/proposal-page.js';

const view: ProposalView = {
  id: 'r/T-1/1/work/1/2',
  plan: 'p',
  iteration: 1,
  run: 'r',
  task: 'T-1',
  kind: 'planning-mismatch',
  message: 'The rows have no owner.\n# Accepted',
  status: 'open',
  at: 0,
  problem: null,
  changes: [
    {
      kind: 'changed',
      task: 'T-2',
      title: 'Use the rows',
      story: 'US-001',
      fields: [{ field: 'description', before: '', after: 'with\u202e care' }],
    },
    {
      kind: 'added',
      task: 'T-3',
      title: 'Migrate',
      story: 'US-001',
      fields: [{ field: 'verification_script', before: '', after: 'check rows\ncheck owners' }],
    },
  ],
};
const page = (change: Partial<ProposalView> = {}) =>
  proposalPage('Quotes', { iteration: 1, view: { ...view, ...change } }, t);

describe('the page of a proposed change', () => {
  it('shows every field before and after, what hides in it, and lets nothing end its block', () => {
    const text = page();
    expect(text).toContain('# Proposed by T-1 for “Quotes”');
    expect(text).toContain('    The rows have no owner.\n    # Accepted');
    expect(text).toContain(
      '## Changed task T-2 · Use the rows\n\nDescription, before:\n\n    (empty)\n\nDescription, after:\n\n    with',
    );
    expect(text).not.toContain('\u202e');
    expect(text).toContain('## New task T-3 in US-001 · Migrate\n\nVerification:\n\n    check rows\n    check owners');
    expect(text).toContain('Nothing of it is applied yet.');
  });
  it('says why it cannot be accepted, and what came of it', () => {
    expect(page({ problem: { code: 'proposal-edited', params: { task: 'T-2', field: 'description' } } })).toContain(
      'It cannot be accepted as things stand. T-2 was edited since this was proposed',
    );
    expect(page({ status: 'accepted' })).toContain('Accepted: it is part of the plan.');
    expect(page({ status: 'declined' })).toContain('Declined: the plan stayed as it was.');
  });
  it('is one line in a list', () => expect(proposalLine(view, t)).toBe('adds 1 task, changes T-2'));
});
