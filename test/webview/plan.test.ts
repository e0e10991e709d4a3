import { describe, expect, it } from 'vitest';
import { planDocumentSchema } from '../../src/core/model/plan.js';
import { contentSecurityPolicy, panelHtml } from '../../src/vscode/panel/panel-html.js';
import { layoutPlan, type Box } from '../../webview-ui/plan/layout.js';
import { applyToReport, emptyReport } from '../../webview-ui/store/report.js';
import { plan, schedule } from './harness/data.js';
import { failed } from './harness/scenes.js';

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const inside = (a: Box, b: Box): boolean =>
  a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;

function checkLayout(layout: ReturnType<typeof layoutPlan>): void {
  for (const [at, task] of layout.tasks.entries()) {
    for (const other of layout.tasks.slice(at + 1))
      expect(overlap(task, other), `${task.id} over ${other.id}`).toBe(false);
    for (const story of layout.stories)
      expect(story.id === task.story ? inside(task, story) : !overlap(task, story), `${task.id} and ${story.id}`).toBe(
        true,
      );
  }
}

describe('the graph’s layout', () => {
  it('puts each wave in a column, left to right, with every task in its story’s box and no other', () => {
    const layout = layoutPlan(plan().document, schedule.waves, schedule.critical);
    const columns = schedule.waves.map(
      (wave) => new Set(layout.tasks.filter((task) => wave.includes(task.id)).map((task) => task.x)),
    );
    expect(columns.every((column) => column.size === 1)).toBe(true);
    expect(columns.map((column) => [...column][0])).toEqual(
      columns.map((column) => [...column][0]!).toSorted((a, b) => a - b),
    );
    checkLayout(layout);
  });

  it('marks the edges of the critical path, also between stories', () => {
    const { edges } = layoutPlan(plan().document, schedule.waves, schedule.critical);
    expect(edges.filter((edge) => edge.critical).map((edge) => edge.id)).toEqual([
      'T-US-002-001→T-US-002-002',
      'T-US-002-002→T-US-002-004',
      'US-001→US-002',
      'T-US-002-004→T-US-003-003',
    ]);
  });

  it('draws a plan with a cycle and an unknown dependency', () => {
    const document = planDocumentSchema.parse({
      stories: [
        {
          id: 'S',
          title: 's',
          tasks: [
            { id: 'A', title: 'a', depends_on: ['B', 'nowhere'] },
            { id: 'B', title: 'b', depends_on: ['A'] },
          ],
        },
      ],
    });
    const layout = layoutPlan(document, [], []);
    expect(layout.tasks.map((task) => task.id)).toEqual(['A', 'B']);
    checkLayout(layout);
  });

  it('keeps 60 tasks in ten stories apart', () => {
    const stories = Array.from({ length: 10 }, (_, s) => ({
      id: `S${s}`,
      title: 's',
      depends_on: s > 1 ? [`S${s - 2}`] : [],
      tasks: Array.from({ length: 6 }, (_, n) => ({
        id: `S${s}-${n}`,
        title: 't',
        depends_on: n > 2 ? [`S${s}-${n - 3}`] : [],
      })),
    }));
    const waves = stories.reduce<string[][]>((all, story, s) => {
      for (const [n, task] of story.tasks.entries())
        (all[Math.floor(s / 2) * 2 + Math.floor(n / 3)] ??= []).push(task.id);
      return all;
    }, []);
    checkLayout(layoutPlan(planDocumentSchema.parse({ stories }), waves, []));
  });
});

describe('the report', () => {
  it('counts lines of a file over all its changes, and keeps the check that decided', () => {
    const report = emptyReport();
    for (const event of failed().runs[0]!.events) applyToReport(report, event);
    expect(report.files.get('src/validate.ts')).toMatchObject({ op: 'create', added: 98, removed: 0 });
    expect(report.checks.get('T-US-002-003')).toMatchObject({ exitCode: 1, command: 'node --test test/rate.test.ts' });
    expect(report).toMatchObject({ accepted: 6, rejected: 0 });
    expect(report.commits).toHaveLength(6);
  });
});

describe('the page', () => {
  it('loads and runs nothing but its own', () => {
    const policy = contentSecurityPolicy({ cspSource: 'https://own', nonce: 'abc' });
    expect(policy).toBe(
      "default-src 'none'; script-src 'nonce-abc'; style-src https://own; font-src https://own; img-src https://own; base-uri 'none'; form-action 'none'",
    );
    expect(
      panelHtml({
        cspSource: 'https://own',
        nonce: 'abc',
        script: 'https://own/"><script>',
        styles: [],
        lang: 'en',
        title: '<b>',
      }),
    ).not.toMatch(/<b>|"><script>"/);
  });
});
