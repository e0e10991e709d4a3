import { expect, it } from 'vitest';
import { planToMarkdown } from '../../../src/core/plan/export.js';
import { plan } from './samples.js';

it('writes a plan as Markdown whose scripts stay in their fences', () => {
  const document = plan({
    'US-1': {
      acceptance_criteria: ['It <works>'],
      tasks: { T1: { verification_script: 'echo "```"' }, T2: { depends_on: ['T1'] } },
    },
  });
  expect(planToMarkdown('My plan', document)).toBe(
    [
      '# My plan',
      '',
      '1 goals, 1 stories, 2 tasks; about 8 h of work, 8 h on the critical path.',
      '',
      '## Goals',
      '',
      '- **G-001** Goal',
      '  - Reached when: It works.',
      '  - Shown by: Tests.',
      '',
      '## US-1 Story US-1',
      '',
      '*goal G-001*',
      '',
      '- It &lt;works&gt;',
      '',
      '### T1 Do T1',
      '',
      'Strategy: As usual.',
      '',
      '````sh',
      'echo "```"',
      '````',
      '',
      '### T2 Do T2',
      '',
      'Strategy: As usual.',
      '',
      'After: T1',
      '',
      '```sh',
      'npm test -- T2',
      '```',
      '',
      '## Order',
      '',
      '1. T1',
      '2. T2',
      '',
    ].join('\n'),
  );
});
