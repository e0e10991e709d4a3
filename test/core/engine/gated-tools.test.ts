/** What a model is told of protected files by its own tools: nothing, and what a rule asks about it does not read by itself. */
import { expect, it } from 'vitest';
import { createWorld, planOf, settled, startPlan } from './harness.js';

const BLUEPRINT = `
version: 1
id: standard_task
name: Tools
start: work
stages:
  work: { type: agentic, toolset: coding, goal: look, on_success: done }
`;

async function answersTo(tools: { name: string; input: unknown }[], rules: unknown[] = []): Promise<string[]> {
  const world = await createWorld({
    blueprint: BLUEPRINT, settings: { rules }, files: { 'a.txt': 'KEY in a\n', '.env': 'KEY=1\n', 'deep/prod.env': 'KEY=2\n', 'deep/b.txt': 'KEY in b\n', 'keys/server.pem': 'KEY\n', 'private/notes.txt': 'KEY in private\n' },
    model: { work: [{ tools }, { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] }] },
  });
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  const last = world.model.asked.at(-1)?.messages.at(-1)?.content ?? [];
  await world.openexec.close();
  return last.flatMap((block) => (block.type === 'tool-result' ? [block.content] : []));
}

it('leaves protected files out of what walks, and refuses them by name', async () => {
  const [grep, glob, read, up, git, diff] = await answersTo([
    { name: 'grep', input: { pattern: 'KEY' } }, { name: 'glob', input: { pattern: '**' } }, { name: 'read_file', input: { path: '.env' } }, { name: 'list_directory', input: { path: '..' } }, { name: 'list_directory', input: { path: '.git' } }, { name: 'git_diff', input: { paths: ['deep/prod.env'] } },
  ]);
  expect(grep?.split('\n').map((line) => line.split(':')[0])).toEqual(['a.txt', 'deep/b.txt', 'private/notes.txt']);
  expect(glob).not.toMatch(/\.env|\.pem/);
  for (const refused of [read, up, git, diff]) expect(refused).toMatch(/^(?:Denied: |Invalid arguments: )/);
});

it('does not read by itself what a rule of the person asks about', async () => {
  const [read, grep] = await answersTo(
    [{ name: 'read_file', input: { path: 'private/notes.txt' } }, { name: 'grep', input: { pattern: 'KEY' } }],
    [{ id: 'ours', type: 'path', operator: 'prefix', value: 'private/', decision: 'ask', reason: 'these notes are private' }],
  );
  expect(read).toMatch(/^Denied: these notes are private\. A person decides/);
  expect(grep).not.toContain('private');
});
