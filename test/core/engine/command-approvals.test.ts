/** A yes to a command: once, for this run, or always for exactly this one in this folder and sandbox. */
import { expect, it } from 'vitest';
import { lookWith } from './fixtures.js';
import { answer, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const docker = { name: 'run_command', input: { argv: ['docker', 'ps'], cwd: '.' } };
const turns = [
  { tools: [docker] },
  { tools: [docker] },
  { tools: [{ name: 'run_command', input: { argv: ['docker', 'ps', '-a'], cwd: '.' } }] },
  { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
];

/** What was asked in a run of `docker ps`, `docker ps`, `docker ps -a`, when every question gets a yes of this scope. */
async function asked(world: World, scope: 'once' | 'run' | 'always'): Promise<string[]> {
  const run = await startPlan(world, planOf({ T1: { pins: true } }), { onAsk: 'wait' });
  const questions: string[] = [];
  for (;;) {
    const record = await world.openexec.request('run/get', { run });
    if (!['running', 'queued'].includes(record.status)) break;
    const [first] = await world.openexec.request('approval/list', {});
    if (first?.run === run && first.subject.kind === 'command') {
      questions.push((first.subject.argv ?? []).join(' '));
      await answer(world, { status: 'accepted', scope });
    } else await new Promise((resolve) => setImmediate(resolve));
  }
  await settled(world, run);
  return questions;
}

it.each([
  ['once', ['docker ps', 'docker ps', 'docker ps -a'], ['docker ps', 'docker ps', 'docker ps -a']],
  ['run', ['docker ps', 'docker ps -a'], ['docker ps', 'docker ps -a']],
  ['always', ['docker ps', 'docker ps -a'], []],
] as const)('counts a yes %s as long as it says', async (scope, first, second) => {
  const world = await createWorld({ blueprint: lookWith('coding'), model: { work: [...turns, ...turns] } });
  expect(await asked(world, scope)).toEqual(first);
  expect(await asked(world, scope)).toEqual(second);
  expect(world.commands.asked.filter((request) => request.argv).length).toBe(6);
  await world.openexec.close();
});
