import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/core/model/compare.js';
import { comparisonPage, replayPage } from '../../../src/vscode/pages/comparison-page.js';

const t = (text: string, params: Record<string, unknown> = {}): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name]));
const run = (id: string, more: Partial<Comparison['a']> = {}): Comparison['a'] => ({
  id,
  title: 'Quotes',
  status: 'completed',
  model: 'a-model',
  blueprint: 'standard_task',
  durationMs: 61_000,
  costUsd: 0.5,
  tokens: 12_345,
  commits: 2,
  ...more,
});
const task = {
  status: 'done' as const,
  attempts: 1,
  durationMs: 2000,
  costUsd: 0.25,
  tokens: 10,
  stages: [],
  commands: [],
  files: [],
  commits: [],
};

describe('two runs as a page', () => {
  it('stand in columns, with where they part and the files that differ', () => {
    const page = comparisonPage(
      {
        a: run('run_1'),
        b: run('run_22', { title: 'A longer title', status: 'failed' }),
        same: false,
        parts: { task: 'T-2', a: 'npm test exited 0', b: 'npm test exited 1', seqA: 3, seqB: 4 },
        tasks: [
          { id: 'T-1', same: true, a: task, b: task, differ: [] },
          { id: 'T-2', same: false, a: { ...task, attempts: 2 }, b: null, differ: ['a', 'b', 'c', 'd', 'e', 'f'] },
        ],
      },
      t,
    );
    expect(page).toContain(
      '\n              First       Second\n    Title     Quotes      A longer title\n    Run       run_1       run_22\n    Outcome   completed   failed\n',
    );
    expect(page).toContain('## They part at T-2\n\n    First    npm test exited 0\n    Second   npm test exited 1\n');
    expect(page.slice(page.indexOf('## Tasks'))).toBe(
      [
        '## Tasks',
        '',
        '    Task   Way        First                          Second             Files that differ',
        '    T-1    same way   done, 2 s, $0.25               done, 2 s, $0.25',
        '    T-2    differs    done, 2 attempts, 2 s, $0.25   not in this run    a, b, c, d, e, and 1 more',
        '',
      ].join('\n'),
    );
  });

  it('say so where both went the same way, and show what hides in a title', () => {
    const page = comparisonPage(
      { a: run('r1', { title: 'ev\u202eil\n# heading' }), b: run('r2'), same: true, parts: null, tasks: [] },
      t,
    );
    expect(page).toContain('Both went the same way.');
    expect(page).not.toContain('\u202e');
    expect(page).not.toMatch(/^# heading/m);
  });
});

describe('a replay as a page', () => {
  it('names the event and holds both sides where it differs', () => {
    const page = replayPage(
      'Quotes',
      {
        events: 9,
        steps: 2,
        divergence: {
          kind: 'event',
          seq: 7,
          step: 'T-1/1/lint/1',
          what: 'what the run said',
          then: 'a\n# b',
          now: 'c',
        },
      } as never,
      t,
    );
    expect(page).toContain('“Quotes” replays differently');
    expect(page).toContain('From event 7 on: what the run said.\nStep: T-1/1/lint/1');
    expect(page).toContain('    a\n    # b');
  });
});
