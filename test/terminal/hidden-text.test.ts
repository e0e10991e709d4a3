/** Text that hides, reorders or moves the cursor, wherever it comes from: seen in what a person is asked, and harmless in every door of the terminal. */
import { expect, it } from 'vitest';
import { hasHidden } from '../../src/core/text/harmless.js';
import { blueprintOf } from '../core/engine/fixtures.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan } from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }`,
  'implement',
);

it.each([
  ['a terminal sequence', '\x1b[2J\x1b[1;1H', '\\x1b[2J'],
  ['a link of a terminal', '\x1b]8;;https://evil.test\x07', '\\x1b]8;;'],
  ['a C1 control', '\x9b31m', '\\x9b'],
  ['a backspace', '\b\b', '\\x08'],
  ['text turned round', '\u202e\u2066', '<U+202E>'],
  ['zero width', '\u200b\u200d', '<U+200B>'],
  ['tag characters', '\u{e0041}\u{e0042}', '<U+E0041>'],
])('shows %s where a person decides, and lets none out', { timeout: 15_000 }, async (_what, trick, seen) => {
  const marked = (text: string) => `${text}${trick}${text}`;
  // A name with control characters is refused before anybody is asked.
  const refused = /[\x00-\x1f\x7f-\x9f]/.test(trick);
  const shell = await createShell({
    blueprint,
    files: { 'a.txt': 'one\n' },
    commands: {
      'check T-1': [
        { exitCode: 1, output: marked('red') },
        { exitCode: 0, output: marked('green') },
      ],
    },
    model: {
      implement: [
        {
          say: marked('thinking'),
          tools: [
            { name: 'signal', input: { kind: 'progress', message: marked('going') } },
            { name: 'signal', input: { kind: 'scope-discovery', message: marked('found') } },
            { name: 'ask_operator', input: { question: marked('which'), options: [marked('this'), marked('that')] } },
            { name: 'run_command', input: { argv: ['curl', marked('evil')] } },
            {
              name: 'write_file',
              input: { path: refused ? 'name.txt' : `${marked('name')}.txt`, content: `${marked('body')}\n` },
            },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: marked('wrote') } }] },
      ],
    },
  });
  await importPlan(shell, planOf({ 'T-1': {} }));
  const done = await shell.run('run', { types: ['1', 'r', marked('no'), 'a'] });
  const shown = [done];
  for (const args of ['show', 'show --audit', 'show --events', 'status', 'approve', 'plan show'])
    shown.push(await shell.run(args));
  // The line of progress is drawn over itself, by the product.
  for (const one of shown)
    expect(hasHidden((one.out + one.err).replaceAll('\r\x1b[2K', '').replace(/\r/g, '')), `${one.out}${one.err}`).toBe(
      false,
    );
  for (const prompt of done.asked) expect(hasHidden(prompt.replaceAll('\r\x1b[2K', ''))).toBe(false);
  // What would be run is shown with every character of it.
  expect(shown.map((one) => one.out + one.asked.join('\n')).join('\n')).toContain(`evil${seen}`);
  await shell.dispose();
});
