/** A problem an editor shows as the check of a quick fix: gone is green, and nothing but the editor says so. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import type { Diagnostic } from '../../../src/core/model/diagnostic.js';
import { checkOf, judgeDiagnostics } from '../../../src/core/model/plain/judge-diagnostics.js';
import { edits } from '../../fakes/model.js';
import { createWorld, settled, type World } from './harness.js';

const blueprint = readFileSync('blueprints/quick_fix.yaml', 'utf8');
const problem: Diagnostic = {
  path: 'a.txt',
  source: 'spell',
  code: 'x1',
  message: 'one is misspelt',
  line: 1,
  severity: 'error',
};
const check = checkOf(problem, [problem]);

/** An editor that finds the problem wherever the file has the word. */
const editorOf = (world: () => World) => ({
  read: async () =>
    (world().workspace.text('a.txt') ?? '')
      .split('\n')
      .flatMap((text, line) => (text.includes('one') ? [{ ...problem, line: line + 1 }] : [])),
});
async function fix(input: { editor: boolean; word: string }): Promise<{ world: World; status: string; run: string }> {
  const worlds: World[] = [];
  const world = await createWorld({
    blueprint,
    settings: { approval: 'never' },
    model: { implement: edits('a.txt', 'one', input.word), fix: edits('a.txt', input.word, 'two') },
    ...(input.editor && { diagnostics: editorOf(() => worlds[0] as World) }),
  });
  worlds.push(world);
  const { run } = await world.openexec.request('run/quick-fix', {
    request: 'Mend the word',
    diagnostic: check,
    onAsk: 'accept',
  });
  return { world, run, status: await settled(world, run) };
}
const checks = (world: World) =>
  world.events.flatMap((event) =>
    event.type === 'command-run' && /spell/.test(event.command) ? [`${event.purpose} ${event.exitCode}`] : [],
  );

describe('a quick fix of a problem', () => {
  it('is red before, and done when the editor no longer shows it', async () => {
    const { world, status } = await fix({ editor: true, word: 'two' });
    expect(status).toBe('completed');
    expect(checks(world)).toEqual(['check-before 1', 'verify 0']);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'command-run', command: 'no spell(x1) in a.txt', exitCode: 0 }),
    );
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'task-changed', status: 'done', unverified: false }),
    );
  });
  it('goes round once more when the model only moved it', async () => {
    const { world, status } = await fix({ editor: true, word: 'x\none' });
    expect(status).toBe('completed');
    expect(checks(world)).toEqual(['check-before 1', 'verify 1', 'verify 0']);
    expect(JSON.stringify(world.model.asked)).toContain('The problem is still there.');
  });
  it('pauses where there is no editor, with nothing done', async () => {
    const { world, status, run } = await fix({ editor: false, word: 'two' });
    expect(status).toBe('paused');
    expect(world.events.findLast((event) => event.run === run)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'diagnostics-missing', params: { path: 'a.txt' } },
    });
    expect(world.workspace.text('a.txt')).toBe('one\ntwo\n');
  });
  it('pauses while no language server has said a word after the fix, and takes its word when it resumes', async () => {
    let speaks = true;
    const worlds: World[] = [];
    const world = await createWorld({
      blueprint,
      settings: { approval: 'never' },
      model: { implement: edits('a.txt', 'one', 'two') },
      diagnostics: {
        read: async () => {
          if (!speaks) throw new OpenExecError('diagnostics-unknown', { path: 'a.txt' });
          speaks = false;
          return editorOf(() => worlds[0] as World).read();
        },
      },
    });
    worlds.push(world);
    const { run } = await world.openexec.request('run/quick-fix', {
      request: 'Mend the word',
      diagnostic: check,
      onAsk: 'accept',
    });
    expect(await settled(world, run)).toBe('paused');
    expect(world.events.findLast((event) => event.run === run)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'diagnostics-unknown', params: { path: 'a.txt' } },
    });
    expect(checks(world)).toEqual(['check-before 1']);
    expect(world.git.commits).toHaveLength(0);
    speaks = true;
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(checks(world)).toEqual(['check-before 1', 'verify 0']);
  });
});

describe('gone', () => {
  const other: Diagnostic = { ...problem, message: 'two is misspelt', severity: 'warning' };
  it.each([
    ['it moved', [{ ...problem, line: 9 }], 1],
    ['nothing is left', [], 0],
    ['only others are left', [other], 0],
    ['an error took its place', [{ ...problem, code: 'x2', message: 'new' }], 0],
    [
      'more errors than before',
      [
        { ...problem, code: 'x2' },
        { ...problem, code: 'x3' },
      ],
      1,
    ],
  ] as const)('%s', (_, now, exitCode) => expect(judgeDiagnostics(check, now).exitCode).toBe(exitCode));
  it('one of two alike counts', () => {
    const twice = checkOf(problem, [problem, { ...problem, line: 4 }]);
    expect(judgeDiagnostics(twice, [{ ...problem, line: 4 }]).exitCode).toBe(0);
    expect(judgeDiagnostics(twice, [problem, problem]).exitCode).toBe(1);
  });
});
