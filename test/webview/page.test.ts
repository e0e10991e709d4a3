/** The panel in a real Chromium, under its own policy: every view and state, both themes, wide and narrow, keys, and long runs. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, serious, shots, state, type Chromium } from './harness/browser.js';
import { untilReady } from './harness/frames.js';
import { live } from './harness/scenes.js';
import type { Page } from 'playwright-core';
import type { RunEvent } from '../../src/core/model/event.js';

let chromium: Chromium;
beforeAll(async () => {
  chromium = await openBrowser();
}, 60_000);
afterAll(() => chromium?.close());
const open: Chromium['open'] = (...args) => chromium.open(...args);

const RUN = 'run_01';
/** The timeline's row of the last event like this in the live run. */
const row = (like: (event: RunEvent) => boolean): string => `event/${live().runs[0]?.events.findLast(like)?.seq}`;
const views: { name: string; scene: string; state?: Record<string, unknown>; sees: string }[] = [
  { name: 'plan-graph', scene: 'live', state: state('plan'), sees: 'Rate limit per client' },
  { name: 'plan-task', scene: 'live', state: state('plan', { task: 'T-US-002-002' }), sees: 'Table-driven tests' },
  { name: 'plan-table', scene: 'live', state: state('plan', { planView: 'table' }), sees: 'Paginate' },
  { name: 'plan-parallel', scene: 'parallel', state: state('plan'), sees: 'check: done' },
  { name: 'plan-gantt', scene: 'live', state: state('plan', { planView: 'gantt' }), sees: 'as it will run' },
  { name: 'plan-past', scene: 'failed', state: state('plan', { planView: 'table', at: 90 }), sees: 'The past:' },
  { name: 'plan-unapproved', scene: 'planned', state: state('plan'), sees: 'Approve…' },
  { name: 'plan-empty', scene: 'empty', state: state('plan'), sees: 'No plan yet' },
  { name: 'run-live', scene: 'live', state: state('run'), sees: 'fix_tests wants to change 2 files' },
  {
    name: 'run-model',
    scene: 'live',
    state: state('run', { node: row((event) => event.type === 'model-called'), follow: false }),
    sees: 'Prompt as sent',
  },
  {
    name: 'run-diff',
    scene: 'live',
    state: state('run', { node: row((event) => event.type === 'changes-applied'), follow: false, kind: 'changes' }),
    sees: 'src/validate.ts',
  },
  {
    name: 'run-decision',
    scene: 'live',
    state: state('run', {
      node: row((event) => event.type === 'decision-made' && event.effect === 'deny'),
      follow: false,
      kind: 'decision',
    }),
    sees: 'floor/delete-recursive',
  },
  {
    name: 'run-output',
    scene: 'live',
    state: state('run', { node: row((event) => event.type === 'command-run'), follow: false, kind: 'command' }),
    sees: 'expected 400, got 201',
  },
  {
    name: 'run-context',
    scene: 'live',
    state: state('run', { node: 'run_01/T-US-001-001/1/gather_context/1', follow: false }),
    sees: 'Left out of the context',
  },
  { name: 'run-parallel', scene: 'parallel', state: state('run'), sees: 'check of US-001' },
  { name: 'run-past', scene: 'failed', state: state('run', { at: 90, costs: true }), sees: 'The past:' },
  {
    name: 'run-audit',
    scene: 'parallel',
    state: state('run', { kind: 'audit' }),
    sees: 'implement wants to run npm install',
  },
  { name: 'run-costs', scene: 'failed', state: state('run', { costs: true }), sees: 'Money' },
  { name: 'run-paused', scene: 'paused', state: state('run'), sees: 'The budget is used up' },
  { name: 'run-interrupted', scene: 'interrupted', state: state('run'), sees: 'Resume goes on' },
  { name: 'run-failed', scene: 'failed', state: state('run'), sees: 'Some tasks are left' },
  { name: 'run-completed', scene: 'completed', state: state('run'), sees: 'completed' },
  { name: 'run-empty', scene: 'planned', state: state('run'), sees: 'Nothing has run yet' },
  { name: 'report', scene: 'failed', state: state('report', { run: RUN }), sees: 'Left open' },
  { name: 'report-completed', scene: 'completed', state: state('report'), sees: 'Nothing: every task is done' },
  { name: 'report-empty', scene: 'planned', state: state('report'), sees: 'Nothing to report yet' },
  { name: 'intent', scene: 'live', state: state('intent'), sees: 'Asked for' },
  { name: 'intent-empty', scene: 'empty', state: state('intent'), sees: 'What do you want to build?' },
  { name: 'no-folder', scene: 'no-folder', sees: 'No folder is open' },
  { name: 'untrusted', scene: 'untrusted', sees: 'not trusted' },
  { name: 'held', scene: 'held', sees: 'Another process holds' },
  { name: 'other-owner', scene: 'other', state: state('run'), sees: 'This panel follows it' },
  { name: 'owner-gone', scene: 'gone', state: state('run'), sees: 'Read-only: the process' },
  { name: 'no-model', scene: 'no-model', state: state('plan'), sees: 'No model is connected' },
];

describe('every view and state', () => {
  for (const view of views)
    it(`${view.name} says what it should, in both themes, wide and narrow, without a serious accessibility fault`, async () => {
      for (const [theme, width] of [
        ['dark', 1200],
        ['light', 1200],
        ['dark', 300],
      ] as const) {
        const { page, complaints } = await open(view.scene, {
          theme,
          width,
          ...(view.state ? { state: view.state } : {}),
          motion: 'reduce',
        });
        await page.getByText(view.sees, { exact: false }).filter({ visible: true }).first().waitFor({ timeout: 5000 });
        await page.evaluate(() => document.fonts.ready);
        await page.waitForTimeout(120);
        await page.screenshot({ path: path.join(shots, `${view.name}-${theme}-${width}.png`) });
        expect(await serious(page), `${theme} ${width}`).toEqual([]);
        expect(complaints, `${theme} ${width}`).toEqual([]);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
          `nothing sticks out at ${width}`,
        ).toBe(true);
        await page.close();
      }
    });

  it('keeps what is chosen, marked and drawn visible in high contrast', async () => {
    const chosen = views.filter((view) =>
      ['plan-graph', 'plan-gantt', 'run-live', 'run-past', 'run-diff', 'report', 'no-folder'].includes(view.name),
    );
    for (const view of chosen) {
      const { page, complaints } = await open(view.scene, {
        theme: 'hc',
        ...(view.state ? { state: view.state } : {}),
        motion: 'reduce',
      });
      await page.getByText(view.sees, { exact: false }).filter({ visible: true }).first().waitFor({ timeout: 5000 });
      await page.waitForTimeout(120);
      await page.screenshot({ path: path.join(shots, `${view.name}-hc-1200.png`) });
      expect(await serious(page), view.name).toEqual([]);
      expect(complaints, view.name).toEqual([]);
      await page.close();
    }
  });

  it('shows a skeleton, never a blank, until the extension answers', async () => {
    const { page } = await open('loading');
    await page.getByRole('status', { name: 'Loading' }).waitFor();
    await page.screenshot({ path: path.join(shots, 'loading-dark-1200.png') });
    await page.close();
  });
});

it('says what there was to say of a plan when it was made, and what it cost', async () => {
  const { page } = await open('planned', { state: state('plan') });
  await page.getByText('$0.64 spent · $0.12 of it planning').waitFor();
  await page.getByText(/^\d+ problems$/).click();
  await page.getByText('something may be missing at its end').waitFor();
  await page.close();
});

describe('by keyboard', () => {
  const active = (page: Page) =>
    page.evaluate(() => document.querySelector('[role=treeitem][aria-selected=true]')?.textContent?.trim() ?? '');

  it('walks, folds and finds rows of the timeline', async () => {
    const { page, complaints } = await open('failed', { state: state('run') });
    const tree = page.getByRole('tree');
    await tree.focus();
    await page.keyboard.press('Home');
    expect(await active(page)).toContain('run started');
    await page.keyboard.press('ArrowDown');
    expect(complaints).toEqual([]);
    expect(await active(page)).toContain('T-US-001-001');
    const folded = await page.getByRole('treeitem').count();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('treeitem').count()).toBeGreaterThan(folded);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('imp');
    expect(await active(page)).toMatch(/^implement/);
    await page.keyboard.press('ArrowLeft');
    expect(await active(page)).toContain('T-US-001-001');
    await page.keyboard.press('End');
    expect(await active(page)).toContain('run failed');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-activedescendant'))).toBe(
      await page.getByRole('treeitem', { selected: true }).getAttribute('id'),
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('walks the graph from a task to what waits for it', async () => {
    const { page } = await open('live', { state: state('plan') });
    await page.locator('[data-task="T-US-001-001"]').focus();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset['task']))
      .toMatch(/T-US-00[23]-001/);
    expect(await page.getByRole('complementary', { name: 'Task' }).isVisible()).toBe(true);
    await page.close();
  });

  it('walks the bars of the Gantt and opens the task beside them', async () => {
    const { page } = await open('live', { state: state('plan', { planView: 'gantt' }) });
    await page.locator('[data-task="T-US-001-001"]').focus();
    await page.keyboard.press('ArrowDown');
    await expect
      .poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset['task']))
      .not.toBe('T-US-001-001');
    expect(await page.getByRole('complementary', { name: 'Task' }).isVisible()).toBe(true);
    expect(await page.getByRole('row', { name: /T-US-002-003/ }).innerText()).toMatch(/worktree/);
    await page.keyboard.type('pag');
    await expect
      .poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset['task']))
      .toBe('T-US-003-002');
    await page.close();
  });

  it('switches tabs with the arrows and keeps the place over a reload', async () => {
    const { page } = await open('live', { state: state('plan') });
    await page.getByRole('tab', { name: /^Plan/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tree').waitFor();
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('npm test');
    await page.reload();
    await page.getByRole('tree').waitFor();
    expect(await page.getByRole('searchbox', { name: 'Filter by text' }).inputValue()).toBe('npm test');
    await page.close();
  });
});

/** What the page did, seen from the other side. */
interface Harness {
  commands: { id: string; args: unknown }[];
  warnings: string[];
  facade: {
    asked: { method: string; params: Record<string, unknown> }[];
    tell(event: unknown, store?: boolean): void;
    progress(item: unknown): void;
  };
  world: {
    runs: { events: { seq: number; at: number }[] }[];
    plan: { document: { stories: { tasks: { title: string }[] }[] }; iteration: number };
  };
}
const harness = <T>(page: Page, read: (harness: Harness) => T): Promise<T> =>
  page.evaluate(`(${read.toString()})(window.harness)`) as Promise<T>;

describe('what it asks of the host', () => {
  it('reviews an approval through VS Code and pauses through the façade', async () => {
    const { page } = await open('live', { state: state('run') });
    await page.getByRole('button', { name: 'Review Changes' }).first().click();
    expect(await harness(page, (h) => h.commands)).toEqual([
      { id: 'openexec.reviewApproval', args: { root: '/home/ada/quotes-api', approval: 'ap-live' } },
    ]);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('pausing at the next safe point').waitFor();
    expect(
      await harness(page, (h) =>
        h.facade.asked.some((each) => each.method === 'run/pause' && each.params['run'] === 'run_01'),
      ),
    ).toBe(true);
    expect(
      await page.getByRole('button', { name: 'Export Report' }).count(),
      'a command that is not registered has no button',
    ).toBe(0);
    await page.close();
  });

  it('adds what happens live, says what needs the person, and closes a gap by asking for the rest', async () => {
    const { page } = await open('live', { state: state('run') });
    await page.getByText('Needs you').first().waitFor({ state: 'attached' });
    await harness(page, (h) => {
      const events = h.world.runs[0]!.events;
      const last = events[events.length - 1]!;
      const base = { v: 1, run: 'run_01', at: last.at + 1000 };
      const lost = {
        ...base,
        seq: last.seq + 1,
        type: 'approval-answered',
        approval: 'ap-live',
        task: 'T-US-002-002',
        status: 'accepted',
        by: 'editor',
        comment: '',
      };
      events.push(lost as never); // stored, but never told: the next one makes the gap visible
      h.facade.tell({
        ...base,
        seq: last.seq + 2,
        type: 'warning',
        task: 'T-US-002-002',
        code: 'left-unsaved',
        params: { path: 'src/server.ts' },
      });
    });
    await page.getByText('src/server.ts has unsaved changes of yours').first().waitFor();
    expect(await page.getByRole('button', { name: 'Review Changes' }).count()).toBe(0);
    await harness(page, (h) =>
      h.facade.progress({
        run: 'run_01',
        task: 'T-US-002-002',
        stage: 'fix_tests',
        kind: 'model',
        text: 'Trimming before the check',
      }),
    );
    await page.getByText('Trimming before the check').waitFor();
    expect(await harness(page, (h) => h.warnings)).toEqual([]);
    await page.close();
  });

  it('offers for a run that rests what can be made of it, and for a failed task what can be done, all through VS Code', async () => {
    const { page } = await open('failed', { state: state('run', { node: 'task/T-US-002-003', follow: false }) });
    const header = page.locator('.run-header');
    for (const name of ['Export Report…', 'Replay Exactly', 'Compare…', 'Roll Back…'])
      await header.getByRole('button', { name }).click();
    const detail = page.getByRole('complementary', { name: 'Detail' });
    for (const name of ['Retry', 'Mark Fixed by Hand', 'Skip', 'Roll Back…'])
      await detail.getByRole('button', { name }).click();
    const run = { root: '/home/ada/quotes-api', run: 'run_01' };
    const task = { root: '/home/ada/quotes-api', plan: 'plan_01', kind: 'task', id: 'T-US-002-003', story: 'US-002' };
    expect(await harness(page, (h) => h.commands)).toEqual([
      { id: 'openexec.exportReport', args: run },
      { id: 'openexec.replayRun', args: run },
      { id: 'openexec.compareRuns', args: run },
      { id: 'openexec.rollBack', args: run },
      { id: 'openexec.retryTask', args: task },
      { id: 'openexec.markFixed', args: task },
      { id: 'openexec.skipTask', args: task },
      { id: 'openexec.rollBack', args: { ...run, task: 'T-US-002-003' } },
    ]);
    await page.close();
  });

  it('reports what is left with what it waits for, and leads to the audit', async () => {
    const { page } = await open('parallel', { state: state('report') });
    await page.getByText('The run is not finished').waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'T-US-002-004' }).innerText()).toContain(
      'waits for T-US-002-002',
    );
    expect(await page.getByText('1 of 3 hold by their own check').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Audit' }).click();
    await expect.poll(() => page.getByRole('combobox', { name: 'Show' }).inputValue()).toBe('audit');
    await page.close();
  });

  it('asks nothing of runs whose owner does not answer', async () => {
    const { page } = await open('gone', { state: state('run') });
    await page.getByText('Read-only: the process').waitFor();
    for (const name of ['Pause', 'Cancel Run', 'Review Changes'])
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
    expect(await page.getByRole('button', { name: 'Take Over' }).isVisible()).toBe(true);
    await page.close();
  });

  it('saves an edited task as a new version of the plan', async () => {
    const { page } = await open('live', { state: state('plan', { task: 'T-US-002-003' }) });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Rate limit per address');
    await page.screenshot({ path: path.join(shots, 'plan-edit-dark-1200.png') });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('version 4').waitFor();
    expect(
      await harness(page, (h) => [h.world.plan.iteration, h.world.plan.document.stories[1]!.tasks[2]!.title]),
    ).toEqual([4, 'Rate limit per address']);
    await page.close();
  });
});

describe('what it asks for again', () => {
  it('reads a plan once when it opens, when it changed and when a run came to something: each reading checks the whole plan', async () => {
    const { page } = await chromium.open('failed', { state: state('plan') });
    const asked = () =>
      page.evaluate(() =>
        (window as unknown as { harness: { facade: { asked: { method: string }[] } } }).harness.facade.asked.map(
          ({ method }) => method,
        ),
      );
    const times = async (method: string) => (await asked()).filter((one) => one === method).length;
    const change = (type: 'plans' | 'runs') =>
      page.evaluate(
        (what) =>
          (window as unknown as { harness: { facade: { change(change: unknown): void } } }).harness.facade.change({
            type: what,
          }),
        type,
      );
    await expect.poll(() => times('plan/schedule')).toBe(1);
    await change('plans');
    await expect.poll(() => times('plan/schedule')).toBe(2);
    await change('runs');
    await expect.poll(() => times('run/list')).toBe(2);
    expect(await times('plan/get')).toBe(3);
    await page.close();
  });
});

describe('a run of 1,000 events', () => {
  it('is there to be used at once', async () => {
    const { page, complaints } = await open('long-1000', { state: state('run', { follow: false }) });
    await untilReady(page);
    await page.getByRole('button', { name: 'Unfold All' }).click();
    await page.getByRole('tree').focus();
    await page.keyboard.press('End');
    await page.getByRole('treeitem', { name: 'run completed' }).waitFor();
    expect(await page.getByRole('treeitem').count(), 'only what is seen is drawn').toBeLessThan(120);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
