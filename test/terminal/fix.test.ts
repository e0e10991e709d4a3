/** `openexec fix`: one small change without a plan, from the request to the commit. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { edits } from '../fakes/model.js';
import { fakeRoot } from '../fakes/workspace.js';
import { createShell, type Shell } from './harness.js';

const blueprint = readFileSync('blueprints/quick_fix.yaml', 'utf8');
const red = { exitCode: 1, output: 'expected ONE\n' };
const green = { exitCode: 0 };

let shell: Shell;
afterEach(() => shell.dispose());
async function ready(input: Parameters<typeof createShell>[0] = {}): Promise<void> {
  shell = await createShell({
    blueprint,
    model: { implement: edits('a.txt', 'one', 'ONE') },
    commands: { './prove it': [red, green] },
    ...input,
  });
}
const text = async (path: string) => new TextDecoder().decode(await shell.world.workspace.read(fakeRoot, path));
const first = () => JSON.stringify(shell.world.model.asked[0]);

it('makes the change, proves it with a check that was red, and commits', async () => {
  await ready();
  const done = await shell.run('fix "say it loudly" --check "./prove it" --approve all');
  expect(done.err).toBe('');
  expect(done.code).toBe(0);
  expect(done.out).toMatch(/completed · 1 of 1 task · 1 commit/);
  expect(await text('a.txt')).toContain('ONE');
  expect(first()).toContain('say it loudly');
});

it('does not ask about the check, which was typed by the one who would be asked', async () => {
  await ready();
  const done = await shell.run('fix "say it loudly" --check "./prove it"', { types: ['a'] });
  expect(done.code).toBe(0);
  expect(done.asked).toHaveLength(1);
  expect(done.out).toContain('-one\n+ONE\n');
});

it('asks what to do where the check is green before anything was done', async () => {
  await ready({ commands: { './prove it': [green] } });
  const done = await shell.run('fix "say it loudly" --check "./prove it" --approve policy');
  expect(done.code).toBe(3);
  expect(shell.world.model.asked).toEqual([]);
});

it('names the files it is about as every tool does, from the folder it was typed in', async () => {
  await ready({ disk: { 'openexec.yaml': 'version: 1\n', 'lib/x.txt': '' } });
  const cwd = `${shell.folder}/lib`;
  const done = await shell.run('fix "say it" --approve all --files ../a.txt x.txt', { cwd });
  expect(done.code).toBe(0);
  expect(first()).toContain('It is about: a.txt, lib/x.txt');
});

it('takes a request of many lines from standard input', async () => {
  await ready();
  const done = await shell.run('fix - --approve all', { input: 'say it\nloudly\n' });
  expect(done.code).toBe(0);
  expect(first()).toContain('say it\\nloudly');
});

it.each([
  ['fix ""', /Say what is to be changed/],
  ['fix "x" --files ../../elsewhere', /is no file of/],
  ['fix "x" --files .', /is no file of/],
  ['fix', /missing required argument/],
])('says what is wrong with: %s', async (line, sentence) => {
  await ready();
  const done = await shell.run(line);
  expect(done.code).toBe(2);
  expect(done.err).toMatch(sentence);
  expect(shell.world.model.asked).toEqual([]);
});
