/** A log of a long command says now and then what goes on. */
import { afterEach, expect, it, vi } from 'vitest';
import { edits } from '../fakes/model.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

const blueprint = `
version: 1
id: standard_task
name: Standard Task
start: implement
stages:
  implement: { type: agentic, toolset: coding, goal: make it, on_success: test }
  test: { type: deterministic, action: test, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }
`;
let shell: Shell;
afterEach(async () => {
  vi.useRealTimers();
  await shell.dispose();
});

async function runFor(ms: number, line: string, tty: boolean): Promise<string> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  let checks = 0;
  shell = await createShell({
    blueprint,
    model: { implement: edits('a.txt', 'one', 'ONE') },
    run: async (script) => {
      if (script === 'npm test') await vi.advanceTimersByTimeAsync(ms);
      return { exitCode: script.startsWith('check') && checks++ === 0 ? 1 : 0 };
    },
  });
  await importPlan(shell, planOf({ 'T-1': {} }));
  const done = await shell.run(line, { tty });
  expect(done.code).toBe(0);
  return done.out;
}
const beats = (out: string) => out.match(/^ {2}task .*/gm) ?? [];

it('says every half minute what goes on and how long nothing was said', async () => {
  expect(beats(await runFor(95_000, 'run --approve all', false))).toEqual([
    expect.stringMatching(/^ {2}task 1 of 1 · T-1 · test · .* · 30 s$/),
    expect.stringMatching(/ · 1 min$/),
    expect.stringMatching(/ · 1 min 30 s$/),
  ]);
});

it('says nothing beside what is said anyway, in JSON, or where a line is kept', async () => {
  expect(beats(await runFor(10_000, 'run --approve all', false))).toEqual([]);
});

it.each([
  ['run --approve all --json', false],
  ['run --approve all', true],
])('keeps quiet: %s, at a terminal: %s', async (line, tty) => {
  expect(beats(await runFor(95_000, line, tty))).toEqual([]);
});
