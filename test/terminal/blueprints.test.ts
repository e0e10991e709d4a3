/** Blueprints from a terminal: what is printed, what is asked, and with which exit code it ends. */
import { afterEach, describe, expect, it } from 'vitest';
import { submits } from '../fakes/model.js';
import { red } from '../core/engine/fixtures.js';
import { createShell, importPlan, type Shell } from './harness.js';
import { planOf } from '../core/engine/harness.js';

const shipped =
  'version: 1\nid: standard_task\nname: Shipped\nstart: work\nstages:\n  work: { type: deterministic, action: lint, on_success: done }\n';
const ours = (command: string) => `version: 1
name: Ours
defaults: { max_retries: 0 }
start: work
stages:
  work: { type: deterministic, commands: ["${command}"], on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: Fix it., on_success: work }
`;
const FILE = '.openexec/blueprints/ours.yaml';
let shell: Shell;
afterEach(() => shell.dispose());

const open = async (more: Parameters<typeof createShell>[0] = {}): Promise<void> => {
  shell = await createShell({
    blueprint: shipped,
    files: { 'a.txt': 'one\n', [FILE]: ours('./odd-check') },
    model: { fix: submits() },
    ...more,
  });
  await importPlan(shell, planOf({ 'T-1': { pins: true } }));
};

describe('openexec blueprint', () => {
  it('lists, shows and looks ahead', async () => {
    await open();
    const listed = await shell.run('blueprint list');
    expect(listed.out).toMatch(
      /ours\s+2 stages\s+[0-9a-f]{12}\s+not seen yet\s+Ours \(\.openexec\/blueprints\/ours\.yaml\)/,
    );
    expect(listed.out).toMatch(/standard_task\s+1 stage\s+[0-9a-f]{12}\s+shipped/);
    const shown = await shell.run('blueprint show ours');
    expect(shown.out).toContain('work  commands  → done · on failure → fix (at most 0 times) · at most 10 min');
    expect(shown.out).toContain('$ ./odd-check\n      asks first: ');
    expect(shown.out).toMatch(/hash [0-9a-f]{64}/);
    expect((await shell.run('blueprint show ours --yaml')).out).toBe(ours('./odd-check'));
    const dry = await shell.run('blueprint dry-run standard_task --task T-1');
    expect(dry.code).toBe(0);
    expect(dry.out).toContain('Lint, test and build commands come from the settings.');
    expect(dry.out).toContain('$ npm run lint\n      runs unasked: ');
    expect(dry.out.trimEnd().endsWith('Nothing was done.')).toBe(true);
    expect(shell.world.commands.asked).toEqual([]);
    expect((await shell.run('blueprint show nope')).code).toBe(1);
  });

  it('checks files with line, column, code, sentence and hint; 1 when there is an error', async () => {
    await open({
      disk: {
        'openexec.yaml': 'version: 1\n',
        'flow.yaml': ours('x').replace('on_success: done', 'on_success: dne'),
        'old.yaml': ours('x').replace('start:', 'initial_stage:'),
      },
    });
    const bad = await shell.run('blueprint check flow.yaml old.yaml');
    expect(bad.code).toBe(1);
    expect(bad.out.split('\n')).toContain(
      'flow.yaml:6:61 error unknown-stage There is no stage “dne”. (Did you mean “done”?)',
    );
    expect(bad.out).toContain('old.yaml:4:1 hint alias “initial_stage” is read as “start”, its name of today. (start)');
    expect(bad.err).toBe('2 files checked: 1 error.\n');
    expect((await shell.run('blueprint check old.yaml')).code).toBe(0);
    const piped = await shell.run('blueprint check - --json', { input: 'version: 1\n' });
    expect(piped.code).toBe(1);
    expect(piped.json).toMatchObject({
      files: ['stdin.yaml'],
      problems: expect.arrayContaining([
        expect.objectContaining({ code: 'missing-field', line: 1, hint: expect.any(String) as unknown }),
      ]) as unknown,
    });
    expect((await shell.run('blueprint check gone.yaml')).code).toBe(2);
    // Without a name: the workspace's own.
    const all = await shell.run('blueprint check');
    expect([all.code, all.err]).toEqual([0, '1 file checked: no error.\n']);
  });

  it('binds a yes to exactly the text that was shown, and asks again after an edit', async () => {
    await open();
    const alone = await shell.run('run --blueprint ours --approve all');
    expect(alone.code).toBe(3);
    expect(alone.err).toContain('Nobody has looked at the blueprint ours');
    expect((await shell.run('blueprint approve ours')).code).toBe(3);
    const no = await shell.run('run --blueprint ours', { types: ['n'] });
    expect(no.code).toBe(3);
    expect(no.asked).toEqual(['Approve this blueprint and its 1 command? [y/N] ']);
    const yes = await shell.run('run --blueprint ours', { types: ['y'] });
    expect(yes.code, yes.out + yes.err).toBe(0);
    expect(yes.out).toContain('this command runs unasked, exactly as shown');
    expect(yes.asked).toHaveLength(1);
    expect((await shell.run('blueprint list')).out).toMatch(/ours .*approved/);
    shell.world.workspace.set(FILE, ours('./other-check'));
    expect((await shell.run('run --blueprint ours --again --approve all')).code).toBe(3);
    expect((await shell.run('blueprint approve ours --yes --json')).json).toMatchObject({ approved: true });
    expect((await shell.run('run --blueprint ours --again --approve all')).code).toBe(0);
  });

  it('shows in a dry run of the plan which blueprint it would be', async () => {
    await open();
    const dry = await shell.run('run --blueprint ours --dry-run');
    expect(dry.out).toMatch(/Blueprint Ours · ours · \.openexec\/blueprints\/ours\.yaml · hash [0-9a-f]{12}/);
    expect(dry.out).toContain('Nobody has looked at the blueprint ours');
    expect(dry.code).toBe(0);
  });

  it('says on resuming that the blueprint changed, and starts over with the new one when told to', async () => {
    await open({ commands: { './odd-check': [red, red, {}], './new-check': [{}] } });
    await shell.run('blueprint approve ours --yes');
    expect((await shell.run('run --blueprint ours --approve policy')).code).toBe(3);
    shell.world.workspace.set(FILE, ours('./new-check'));
    const on = await shell.run('resume --approve policy');
    expect(on.err).toMatch(
      /ours changed since this run began\. It goes on with the blueprint it began with, hash [0-9a-f]{12}; --start-over takes the new one\./,
    );
    const unseen = await shell.run('resume --start-over --approve policy');
    expect([unseen.code, unseen.err.includes('Nobody has looked')]).toEqual([3, true]);
    await shell.run('blueprint approve ours --yes');
    const over = await shell.run('resume --start-over --approve policy');
    expect(over.code, over.out + over.err).toBe(0);
    expect(shell.world.commands.asked.at(-1)?.script).toBe('./new-check');
  });
});
