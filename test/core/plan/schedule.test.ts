import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachTask, type PlanDocument } from '../../../src/core/model/plan.js';
import { naturalOrder } from '../../../src/base/natural-order.js';
import { estimateHours, schedule, toMermaid } from '../../../src/core/plan/schedule.js';
import { plan } from './samples.js';

/** `T3: T1 T2` = T3 depends on T1 and T2. */
const graph = (...lines: string[]): PlanDocument =>
  plan({
    S: {
      tasks: Object.fromEntries(
        lines.map((line) => [
          line.split(':')[0] ?? '',
          { depends_on: (line.split(':')[1] ?? '').trim().split(/\s+/).filter(Boolean) },
        ]),
      ),
    },
  });

describe('order', () => {
  it('puts a task after what it needs', () =>
    expect(schedule(graph('T3: T1 T2', 'T2: T1', 'T1')).order).toEqual(['T1', 'T2', 'T3']));
  it('breaks ties in natural order', () =>
    expect(schedule(graph('T10', 'T2', 'T1')).order).toEqual(['T1', 'T2', 'T10']));
  it('finds what could run together, and how long it takes', () => {
    const { waves, hours, spanHours, critical } = schedule(graph('A', 'B', 'C: A', 'D: B', 'E: C D'));
    expect(waves).toEqual([['A', 'B'], ['C', 'D'], ['E']]);
    expect({ hours, spanHours }).toEqual({ hours: 20, spanHours: 12 });
    expect(critical).toEqual(['A', 'C', 'E']);
  });
  it('follows the hours, not the number of tasks, for the critical path', () => {
    const document = plan({
      S: {
        tasks: {
          A: { estimate: 9 },
          B: { estimate: 1 },
          C: { estimate: 1, depends_on: ['B'] },
          D: { estimate: 1, depends_on: ['A'] },
        },
      },
    });
    expect(schedule(document)).toMatchObject({
      critical: ['A', 'D'],
      spanHours: 10,
      hours: 12,
      estimates: { A: 9, B: 1, C: 1, D: 1 },
    });
  });
  it('holds story dependencies whatever the order in the file', () => {
    const stories = {
      B: { depends_on: ['A'], tasks: { B1: {}, B2: {} } },
      A: { tasks: { Z1: {}, Z2: { depends_on: ['Z1'] } } },
    };
    expect(schedule(plan(stories))).toMatchObject({
      order: ['Z1', 'Z2', 'B1', 'B2'],
      waves: [['Z1'], ['Z2'], ['B1', 'B2']],
    });
  });
  it('holds them through a story without tasks', () =>
    expect(
      schedule(
        plan({
          C: { depends_on: ['B'], tasks: { A1: {} } },
          B: { depends_on: ['A'], tasks: {} },
          A: { tasks: { Z1: {} } },
        }),
      ).order,
    ).toEqual(['Z1', 'A1']));
  it('names a ring, and still gives every task a place', () => {
    const { order, waves, problems } = schedule(graph('T1: T2', 'T2: T1', 'T3', 'T4: T2'));
    expect(order).toEqual(['T3', 'T1', 'T2', 'T4']);
    expect(waves).toEqual([['T3']]);
    expect(problems.map((one) => [one.code, one.message])).toEqual([
      ['cycle', 'These wait for one another and could never start: T1 → T2 → T1.'],
    ]);
  });
  it('lets no task of a ring of stories start, nor any that waits for it', () => {
    const { waves, order, problems } = schedule(
      plan({
        A: { depends_on: ['B'], tasks: { T1: {} } },
        B: { depends_on: ['A'], tasks: { T2: {} } },
        C: { depends_on: ['B'], tasks: { T3: {} } },
        D: { tasks: { T4: {} } },
      }),
    );
    expect({ waves, order }).toEqual({ waves: [['T4']], order: ['T4', 'T1', 'T2', 'T3'] });
    expect(problems).toHaveLength(1);
  });
  it('names an unknown dependency and goes on', () => {
    const { order, problems } = schedule(graph('T1: GHOST', 'T2'));
    expect(order).toEqual(['T1', 'T2']);
    expect(problems.map((one) => one.code)).toEqual(['dangling-dependency']);
  });
  it('has nothing to say about an empty plan', () =>
    expect(schedule(plan({}))).toEqual({
      order: [],
      waves: [],
      critical: [],
      hours: 0,
      spanHours: 0,
      estimates: {},
      problems: [],
    }));
});

it.each([
  ['Design API', 2],
  ['Implement UI', 4],
  ['Test feature', 3],
  ['Document code', 1],
  ['Random task', 4],
  ['Redesign', 4],
])('%s takes %i h', (title, hours) => expect(estimateHours({ title })).toBe(hours));

describe('any plan', () => {
  /** Up to 30 tasks over up to 6 stories; dependencies may point anywhere when `rings`. */
  const plans = (rings: boolean) =>
    fc
      .tuple(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 6 }),
      )
      .map(([homes, edges, storyEdges]) => {
        const stories: Parameters<typeof plan>[0] = {};
        // Without rings, everything points from a later story to an earlier one, or back within one.
        homes.forEach((home, at) => ((stories[`US-${home}`] ??= { tasks: {} }).tasks[`T${at}`] = { depends_on: [] }));
        for (const [a, b] of edges) {
          const [from, to] = rings ? [a, b] : [Math.max(a, b), Math.min(a, b)];
          const homeFrom = homes[from];
          const homeTo = homes[to];
          if (homeFrom === undefined || homeTo === undefined || (!rings && (from === to || homeFrom < homeTo)))
            continue;
          stories[`US-${homeFrom}`]?.tasks[`T${from}`]?.depends_on?.push(`T${to}`);
        }
        for (const [a, b] of storyEdges) {
          const [from, to] = rings ? [a, b] : [Math.max(a, b), Math.min(a, b)];
          const story = stories[`US-${from}`];
          if (story && stories[`US-${to}`] && (rings || from !== to)) (story.depends_on ??= []).push(`US-${to}`);
        }
        return plan(stories);
      });

  it('without rings is ordered whole, after its needs, in waves that hold', () =>
    fc.assert(
      fc.property(plans(false), (document) => {
        const { order, waves, problems, hours, spanHours, critical, estimates } = schedule(document);
        expect(problems).toEqual([]);
        const all = [...eachTask(document)].map(({ task }) => task.id);
        expect([...order].sort()).toEqual([...all].sort());
        expect([...waves.flat()].sort()).toEqual([...all].sort());
        const place = new Map(order.map((id, at) => [id, at]));
        const wave = new Map(waves.flatMap((ids, at) => ids.map((id) => [id, at] as const)));
        for (const { story, task } of eachTask(document)) {
          const needs = [
            ...task.depends_on,
            ...story.depends_on.flatMap(
              (id) => document.stories.find((one) => one.id === id)?.tasks.map((one) => one.id) ?? [],
            ),
          ];
          for (const need of needs) {
            expect(place.get(need)).toBeLessThan(place.get(task.id)!);
            expect(wave.get(need)).toBeLessThan(wave.get(task.id)!);
          }
        }
        expect(spanHours).toBeLessThanOrEqual(hours);
        expect(critical.reduce((sum, id) => sum + estimates[id]!, 0)).toBeCloseTo(spanHours);
      }),
      { numRuns: 300 },
    ));

  it('with rings keeps every task, says so, and is left as it was', () =>
    fc.assert(
      fc.property(plans(true), (document) => {
        const before = JSON.stringify(document);
        const { order, waves, problems } = schedule(document);
        expect(JSON.stringify(document)).toBe(before);
        expect(new Set(order).size).toBe([...eachTask(document)].length);
        if (waves.flat().length < order.length) expect(problems.some((one) => one.code === 'cycle')).toBe(true);
        else expect(problems).toEqual([]);
      }),
      { numRuns: 300 },
    ));

  it('is the same whatever the order in the file', () =>
    fc.assert(
      fc.property(plans(false), (document) => {
        const turned: PlanDocument = {
          ...document,
          stories: [...document.stories].reverse().map((story) => ({ ...story, tasks: [...story.tasks].reverse() })),
        };
        expect(schedule(turned).order).toEqual(schedule(document).order);
        expect(schedule(turned).waves.map((ids) => [...ids].sort(naturalOrder))).toEqual(
          schedule(document).waves.map((ids) => [...ids].sort(naturalOrder)),
        );
      }),
    ));

  it('of 10,000 tasks in two long stories costs edges, not their product', () => {
    const tasks = (story: string) =>
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, at) => [`${story}${at}`, { depends_on: at ? [`${story}${at - 1}`] : [] }]),
      );
    const { order, waves, problems } = schedule(
      plan({ B: { depends_on: ['A'], tasks: tasks('b') }, A: { tasks: tasks('a') } }),
    );
    expect(problems).toEqual([]);
    expect([order.length, waves.length, order[0], order[5000]]).toEqual([10_000, 10_000, 'a0', 'b0']);
  });
});

describe('Mermaid', () => {
  it('draws stories, tasks and dependencies, and lets no title out of its label', () => {
    const document = plan({
      A: { title: 'First "x"]; click', tasks: { T1: { title: 'One <b>' }, T2: { depends_on: ['T1', 'GHOST'] } } },
      B: { depends_on: ['A'], tasks: { T3: {} } },
    });
    expect(toMermaid(document)).toBe(
      [
        'flowchart LR',
        '  subgraph s1["A First #34;x#34;#93;#59; click"]',
        '    t1["T1 One #60;b#62;"]',
        '    t2["T2 Do T2"]',
        '  end',
        '  subgraph s2["B Story B"]',
        '    t3["T3 Do T3"]',
        '  end',
        '  s1 --> s2',
        '  t1 --> t2',
        '  classDef critical stroke-width:3px',
        '  class t1,t2,t3 critical',
        '',
      ].join('\n'),
    );
  });
});
