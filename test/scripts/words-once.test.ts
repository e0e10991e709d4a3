/** The rule of lint that keeps a door from words of its own for the statuses of runs and tasks, and for the ways on from a question. */
import { Linter, type Rule } from 'eslint';
import { describe, expect, it } from 'vitest';
import { wordsOnce } from '../../scripts/lib/words-once.mjs';

const found = (code: string): string[] =>
  new Linter()
    .verify(code, {
      plugins: { local: { rules: { 'words-once': wordsOnce as Rule.RuleModule } } },
      rules: { 'local/words-once': 'error' },
    })
    .map((one) => one.message.split(' is ')[0]!);

describe('words of a door', () => {
  it.each([
    ["switch (run.status) { case 'paused': say('rests'); break; case 'failed': say('fell') }", 'How a status of runs'],
    ["const word = { 'rolled-back': 'undone', done: 'ready' }[task.status]", 'How a status of tasks'],
    ["const word = run.status === 'interrupted' ? 'gone' : run.title", 'How a status of runs'],
    ["const word = task.status === 'blocked' ? t('stuck') : ''", 'How a status of tasks'],
    ["const label = option === 'give-up' ? `End ${task}` : other", 'How a way on'],
    ["const labels = { retry: 'Again', 'give-up': 'Enough' }", 'How a way on'],
  ])('are found: %s', (code, says) => expect(found(code)).toEqual([says]));

  it.each([
    "if (run.status === 'paused') resume();",
    "const id = run.status === 'paused' ? commands.resume : commands.pause",
    "const more = answer.option === 'edit' ? await ask() : ''",
    "switch (key) { case 'enter': open(); break; case 'failed': close() }",
    "const one = { status: 'failed', title: 'x' }",
    'const one = { ...rest, failed: 1, done: 2 }',
    "const one = kind === 'running' ? 'a' : 'b'",
  ])('are not: %s', (code) => expect(found(code)).toEqual([]));
});
