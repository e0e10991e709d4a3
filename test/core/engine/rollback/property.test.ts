/** Whatever a run and the person write in different places, in whatever order: rolling back takes the run's away and nothing else, redoing brings it back. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ScriptedTurn } from '../../../fakes/model.js';
import { implementVerifyCommit } from '../fixtures.js';
import { createFakeSaves } from '../../../fakes/saves.js';
import { createWorld, planOf, settled, startPlan, type World } from '../harness.js';

const TASKS = ['T1', 'T2', 'T3'] as const;
type Who = (typeof TASKS)[number] | 'before T2' | 'before T3' | 'after' | 'before redo' | 'nobody';

interface Case {
  /** Who changes which place of the file, and how; places are two lines apart. */
  places: { who: Who; how: 'replace' | 'delete' | 'insert' | 'grow' }[];
  eol: '\n' | '\r\n';
  bom: boolean;
  finalNewline: boolean;
  moves: boolean;
}

const arbitrary: fc.Arbitrary<Case> = fc.record({
  places: fc.array(
    fc.record({
      who: fc.constantFrom<Who>(...TASKS, 'before T2', 'before T3', 'after', 'before redo', 'nobody'),
      how: fc.constantFrom('replace' as const, 'delete' as const, 'insert' as const, 'grow' as const),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  eol: fc.constantFrom('\n' as const, '\r\n' as const),
  bom: fc.boolean(),
  finalNewline: fc.boolean(),
  moves: fc.boolean(),
});

const target = (index: number) => `place ${index}.`;
const fresh = (index: number, how: Case['places'][number]['how'], eol: string): string =>
  ({
    replace: `changed ${index}.${eol}`,
    delete: '',
    insert: `new ${index}.${eol}${target(index)}${eol}`,
    grow: `${target(index)}${eol}${eol}more ${index}.${eol}and more.${eol}`,
  })[how];

/** The file after the changes of these. */
function textOf(one: Case, who: readonly Who[]): string {
  const body = one.places
    .map(
      (place, index) =>
        `above ${index}${one.eol}${who.includes(place.who) ? fresh(index, place.how, one.eol) : `${target(index)}${one.eol}`}below ${index}${one.eol}`,
    )
    .join('');
  return `${one.bom ? '\uFEFF' : ''}first${one.eol}${body}last${one.finalNewline ? one.eol : ''}`;
}

const PATH = 'src/a.txt';
const pathIn = (one: Case): string => (one.moves ? 'lib/b.txt' : PATH);

async function ran(one: Case): Promise<{ world: World; run: string }> {
  const present = TASKS.filter((task) => one.places.some((place) => place.who === task) || task === 'T1');
  const person: Who[] = [];
  const model: Record<string, ScriptedTurn[]> = {};
  for (const task of present) {
    const path = one.moves && task !== 'T1' ? pathIn(one) : PATH;
    const edits = one.places.flatMap((place, index) =>
      place.who === task ? [{ path, search: `${target(index)}\n`, replace: fresh(index, place.how, '\n') }] : [],
    );
    const tools = edits.length > 0 ? [{ name: 'apply_patch', input: { patch: JSON.stringify(edits) } }] : [];
    if (task === 'T1')
      tools.push(
        { name: 'write_file', input: { path: 'made.txt', content: 'made\n' } } as never,
        { name: 'delete_file', input: { path: 'old.txt' } } as never,
      );
    if (task === 'T1' && one.moves)
      tools.push({
        name: 'apply_patch',
        input: {
          patch: `diff --git a/${PATH} b/lib/b.txt\nsimilarity index 100%\nrename from ${PATH}\nrename to lib/b.txt\n`,
        },
      });
    model[`${task}/implement`] = [{ tools: [...tools, { name: 'submit_result', input: { summary: 'x' } }] }];
  }
  const seen = new Set<string>();
  const saves = createFakeSaves();
  const world: World = await createWorld({
    saves,
    blueprint: implementVerifyCommit,
    model,
    files: { [PATH]: textOf(one, []), 'old.txt': 'old\n', 'other.txt': 'other\n' },
    run: async (script) => {
      const task = script.slice('check '.length) as (typeof TASKS)[number];
      const first = !seen.has(script);
      seen.add(script);
      if (first && task !== 'T1') {
        person.push(`before ${task}` as Who);
        const text = textOf(one, [...present.slice(0, present.indexOf(task)), ...person]);
        world.workspace.set(pathIn(one), text);
        saves.save(pathIn(one), text);
      }
      return { exitCode: first ? 1 : 0 };
    },
  });
  const run = await startPlan(
    world,
    planOf(
      Object.fromEntries(
        present.map((task, index) => [task, index === 0 ? {} : { after: [present[index - 1] ?? ''] }]),
      ),
    ),
  );
  expect(await settled(world, run)).toBe('completed');
  const all: Who[] = [...present, ...person];
  expect(world.workspace.text(pathIn(one))).toBe(textOf(one, all));
  world.workspace.set(pathIn(one), textOf(one, [...all, 'after']));
  return { world, run };
}

/** When the person wrote while the run went: before the check of a task that the run has. */
const meanwhile = (one: Case): Who[] =>
  (['T2', 'T3'] as const)
    .filter((task) => one.places.some((place) => place.who === task))
    .map((task) => `before ${task}` as Who);

it('a whole run: its edits are gone, the person’s stand; redone, they are back byte for byte', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (one) => {
      const { world, run } = await ran(one);
      const before = world.workspace.dump();
      const { token, problem } = await world.openexec.request('rollback/preview', { run });
      expect(problem).toBeUndefined();
      await world.openexec.request('rollback/apply', { run, token });
      const mine: Who[] = [...meanwhile(one), 'after'];
      expect(world.workspace.dump()).toEqual({ [PATH]: textOf(one, mine), 'old.txt': 'old\n', 'other.txt': 'other\n' });

      await world.openexec.request('rollback/redo', { run });
      expect(world.workspace.dump()).toEqual(before);

      // Once more, with the person writing between rolling back and bringing back.
      const again = await world.openexec.request('rollback/preview', { run });
      await world.openexec.request('rollback/apply', { run, token: again.token });
      world.workspace.set(PATH, textOf(one, [...mine, 'before redo']));
      await world.openexec.request('rollback/redo', { run });
      expect(world.workspace.text(pathIn(one))).toBe(textOf(one, [...mine, ...TASKS, 'before redo']));
    }),
    { numRuns: 60 },
  );
});

it('one task alone: the others’ edits stand as well', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(arbitrary, fc.constantFrom('T2', 'T3'), async (one, task) => {
      fc.pre(one.places.some((place) => place.who === task));
      const { world, run } = await ran(one);
      const before = world.workspace.dump();
      const asked = { run, task, dependents: 'keep' as const };
      const { token, problem } = await world.openexec.request('rollback/preview', asked);
      expect(problem).toBeUndefined();
      await world.openexec.request('rollback/apply', { ...asked, token });
      expect(world.workspace.dump()).toEqual({
        ...before,
        [pathIn(one)]: textOf(one, [...TASKS.filter((other) => other !== task), ...meanwhile(one), 'after']),
      });
      await world.openexec.request('rollback/redo', { run });
      expect(world.workspace.dump()).toEqual(before);
    }),
    { numRuns: 40 },
  );
});
