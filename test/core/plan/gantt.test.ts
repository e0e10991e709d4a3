import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachTask } from '../../../src/core/model/plan.js';
import { gantt } from '../../../src/core/plan/gantt.js';
import { schedule } from '../../../src/core/plan/schedule.js';
import { plan } from './samples.js';

/** `T1 0 0-4` = T1 in the person's tree from hour 0 to 4. */
const bars = (...args: Parameters<typeof gantt>): string[] =>
  gantt(...args).bars.map((bar) => `${bar.task} ${bar.lane} ${bar.start}-${bar.end}${bar.manual ? ' asks' : ''}`);
const hour = { estimate: 1 };

describe('what will run when', () => {
  it('runs one task after another where nothing says parallel, also where nothing depends', () =>
    expect(bars(plan({ S: { tasks: { A: hour, B: { estimate: 2 }, C: hour } } }), 2)).toEqual([
      'A 0 0-1',
      'B 0 1-3',
      'C 0 3-4',
    ]));

  it('runs tasks of a parallel story beside one another, no more than allowed, and beside the tree', () => {
    const document = plan({
      P: { mode: 'parallel', tasks: { A: { estimate: 3 }, B: hour, C: hour } },
      S: { tasks: { T: { estimate: 2 } } },
    });
    expect(bars(document, 2)).toEqual(['A 1 0-3', 'B 2 0-1', 'T 0 0-2', 'C 2 1-2']);
    expect(gantt(document, 1).hours).toBe(5);
  });

  it('holds dependencies of tasks and stories, and says where it pauses and asks', () => {
    const document = plan({
      B: { depends_on: ['A'], mode: 'manual', tasks: { B1: hour } },
      A: { pause_after: true, tasks: { A1: { estimate: 2 }, A2: { ...hour, depends_on: ['A1'] } } },
    });
    expect(bars(document, 2)).toEqual(['A1 0 0-2', 'A2 0 2-3', 'B1 0 3-4 asks']);
    expect(gantt(document, 2).pauses).toEqual([{ story: 'A', at: 3 }]);
  });

  it('leaves out what waits in a ring, and takes a plan without tasks', () => {
    expect(bars(plan({ S: { tasks: { A: { depends_on: ['B'] }, B: { depends_on: ['A'] }, C: hour } } }), 2)).toEqual([
      'C 0 0-1',
    ]);
    expect(gantt(plan({ S: { tasks: {} } }), 2)).toMatchObject({ bars: [], hours: 0 });
  });

  it('starts nothing before what it needs, doubles no place, and is no shorter than the critical path', () => {
    const modes = fc.constantFrom('sequential' as const, 'parallel' as const, 'manual' as const);
    const story = fc.record({
      mode: modes,
      hours: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 5 }),
      needs: fc.array(fc.nat(9), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(story, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (stories, most) => {
        const document = plan(
          Object.fromEntries(
            stories.map(({ mode, hours, needs }, s) => [
              `S${s}`,
              {
                mode,
                depends_on: [...new Set(needs.filter((n) => n < s).map((n) => `S${n}`))],
                tasks: Object.fromEntries(
                  hours.map((estimate, n) => [`S${s}-${n}`, { estimate, depends_on: n > 1 ? [`S${s}-${n - 2}`] : [] }]),
                ),
              },
            ]),
          ),
        );
        const { bars: made, hours } = gantt(document, most);
        const at = new Map(made.map((bar) => [bar.task, bar]));
        expect(made).toHaveLength([...eachTask(document)].length);
        for (const { task, story: own } of eachTask(document)) {
          const before = [
            ...task.depends_on,
            ...own.depends_on.flatMap((id) =>
              document.stories.find((each) => each.id === id)!.tasks.map((each) => each.id),
            ),
          ];
          for (const id of before) expect(at.get(id)!.end).toBeLessThanOrEqual(at.get(task.id)!.start);
        }
        for (const [n, bar] of made.entries())
          for (const other of made.slice(n + 1))
            expect(bar.lane !== other.lane || bar.end <= other.start || other.end <= bar.start).toBe(true);
        expect(Math.max(0, ...made.map((bar) => bar.lane))).toBeLessThanOrEqual(most);
        expect(hours).toBeGreaterThanOrEqual(schedule(document).spanHours);
      }),
    );
  });
});
