import { expect, it } from 'vitest';
import { previewLines, type Preview } from '../../../src/core/view/preview.js';

const preview = (more: Partial<Preview> = {}): Preview => ({
  tasks: [{ id: 'T-1', title: 'Add\u00a0schema' }],
  branch: 'main',
  commits: true,
  unasked: ['npm test', 'npm test'],
  asks: ['rm a\u00a0b'],
  model: 'opus',
  recorded: false,
  budgetUsd: 5,
  budgetTokens: null,
  notes: [],
  environments: [],
  leftovers: [],
  stops: [],
  ...more,
});

it('says what a run will do and may spend, each command once and nothing hidden in it', () => {
  expect(previewLines(preview())).toEqual({
    blueprint: undefined,
    model: 'opus',
    git: 'commits on main',
    budget: '$5.00',
    tasks: ['T-1  Add<U+00A0>schema'],
    unasked: ['npm test'],
    asks: ['rm a<U+00A0>b'],
    environments: [],
    notes: [],
    stops: [],
  });
});

it.each<[Partial<Preview>, Partial<ReturnType<typeof previewLines>>]>([
  [{ recorded: true, model: 'recorded' }, { model: 'Recorded model (demo)' }],
  [{ model: '' }, { model: 'no model connected' }],
  [{ commits: false }, { git: 'no commits' }],
  [{ branch: null }, { git: 'no branch' }],
  [{ budgetUsd: null, budgetTokens: 50_000 }, { budget: 'no limit in money · 50,000 tokens' }],
  [
    { notes: [{ code: 'git-missing', params: {} }] },
    { notes: [expect.stringContaining('Git')] as unknown as string[] },
  ],
])('%j', (more, lines) => expect(previewLines(preview(more))).toMatchObject(lines));

it('names the blueprint as it is chosen, where it comes from, and what it is bound to', () => {
  const blueprint = {
    id: 'careful',
    name: 'Careful',
    description: '',
    file: '.openexec/careful.yaml',
    hash: 'ab'.repeat(32),
    seen: true,
    stages: 3,
  };
  const line = (origin: 'shipped' | 'workspace') =>
    previewLines(preview({ blueprint: { ...blueprint, origin } as unknown as NonNullable<Preview['blueprint']> }))
      .blueprint;
  expect(line('shipped')).toBe('Careful · careful · hash abababababab');
  expect(line('workspace')).toBe('Careful · careful · .openexec/careful.yaml · hash abababababab');
});
