/** One question of each code, for tests that go through all of them. */
import type { Wording, WordingCode } from '../../../src/core/view/question-text.js';

const at = { task: 'T1', stage: 'test' };
const tokens = { task: 'T1', stage: 'fix', what: 'tokens', spent: 900, limit: 1000 };

export const wordings: { readonly [Code in WordingCode]: Extract<Wording, { code: Code }> } = {
  'change-set': { code: 'change-set', params: { stage: 'fix_lint', files: 1, path: 'a.ts', what: 'unused import' } },
  'merge-change-set': { code: 'merge-change-set', params: { task: 'T1', files: 2, path: 'a.ts', what: '' } },
  'commands-changed': {
    code: 'commands-changed',
    params: { stage: 'fix_lint', files: 2, path: 'a.ts', command: 'npx prettier --write .', commands: 1 },
  },
  command: { code: 'command', params: { stage: 'lint', command: 'npm run lint' } },
  'command-again': { code: 'command-again', params: { command: 'make' } },
  'manual-task': { code: 'manual-task', params: { task: 'T1', title: 'Do it', story: 'US-1' } },
  question: { code: 'question', params: { stage: 'implement' } },
  'retries-exhausted': { code: 'retries-exhausted', params: at },
  'total-retries-exhausted': { code: 'total-retries-exhausted', params: { ...at, max: 10 } },
  'attempts-exhausted': { code: 'attempts-exhausted', params: { ...at, max: 3 } },
  'paused-by-blueprint': { code: 'paused-by-blueprint', params: at },
  'budget-exceeded': {
    code: 'budget-exceeded',
    params: { task: 'T1', stage: 'fix', what: 'usd', spent: 0.9, limit: 1 },
  },
  'task-budget-exceeded': { code: 'task-budget-exceeded', params: tokens },
  'stage-budget-exceeded': { code: 'stage-budget-exceeded', params: tokens },
  'merge-conflict': {
    code: 'merge-conflict',
    params: { task: 'T1', path: 'a.ts', line: 3, yours: 'mine', theirs: 'its own', mergeable: true },
  },
  'worktree-setup': { code: 'worktree-setup', params: { task: 'T1', problem: 'it exited 1' } },
  'commit-check': {
    code: 'commit-check',
    params: { task: 'T1', kind: 'mine', paths: 'a.ts', more: 0, output: 'not ok' },
  },
  'branch-switched': { code: 'branch-switched', params: { task: 'T1', now: 'feature', then: 'main' } },
  'put-back': { code: 'put-back', params: { task: 'T1', command: 'npm test', path: 'a.ts', difference: '-one\n+two' } },
  'whose-change': {
    code: 'whose-change',
    params: { task: 'T1', command: 'npm test', path: 'a.ts', files: 1, difference: '-one\n+two' },
  },
  'check-green': { code: 'check-green', params: { task: 'T1' } },
  'check-cannot-run': {
    code: 'check-cannot-run',
    params: {
      task: 'T1',
      kind: 'cannot-run',
      why: 'program',
      what: 'ruff',
      script: 'ruff check .',
      output: 'sh: 1: ruff: not found',
    },
  },
  'stage-cannot-run': {
    code: 'stage-cannot-run',
    params: { ...at, command: 'mypy .', why: 'program', what: 'mypy', output: 'sh: 1: mypy: not found' },
  },
  'blueprint-unreadable': { code: 'blueprint-unreadable', params: { id: 'standard_task', problem: 'it is empty' } },
};
