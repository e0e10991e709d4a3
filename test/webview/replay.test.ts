/** Going through a run's past in the panel, by hand and by keys: what is shown, what is found, and that now stays now. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyEvent, emptyRun, type RunState } from '../../src/core/model/run.js';
import { applyToHistory, emptyHistory } from '../../webview-ui/store/history.js';
import { spendingOf } from '../../webview-ui/store/spending.js';
import { openBrowser, state, type Chromium } from './harness/browser.js';
import { START } from './harness/data.js';
import { longRun } from './harness/long-run.js';
import { failed, live, parallel } from './harness/scenes.js';

let chromium: Chromium;
beforeAll(async () => {
  chromium = await openBrowser();
}, 60_000);
afterAll(() => chromium?.close());

const events = failed().runs[0]!.events;
const last = events.length;
const at = (seq: number): RunState => events.slice(0, seq).reduce(applyEvent, emptyRun('run_01'));
const slider = (page: Page) => page.getByRole('slider', { name: 'Moment of the run' });
const here = async (page: Page): Promise<number> => Number(await slider(page).getAttribute('aria-valuenow'));
const selected = (page: Page) =>
  page.evaluate(() => document.querySelector('[role=treeitem][aria-selected=true]')?.textContent?.trim() ?? '');

describe('the scrubber', () => {
  it('walks by event, stage and task, and the head and rows say how it stood then', async () => {
    const { page, complaints } = await chromium.open('failed', { state: state('run') });
    await slider(page).focus();
    expect(await here(page)).toBe(last);
    await page.keyboard.press('Home');
    expect(await here(page)).toBe(1);
    await page.getByText('The past:').waitFor();
    await page.keyboard.press('ArrowRight');
    expect(await here(page)).toBe(2);
    expect(await page.getByRole('treeitem').count()).toBe(1);

    const stages = events.filter((event) => event.type === 'stage-started').map((event) => event.seq);
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    expect(await here(page)).toBe(stages[1]);
    await page.keyboard.press('PageUp');
    expect(await here(page)).toBe(stages[0]);
    const tasks = events
      .filter((event) => event.type === 'task-changed' && event.status === 'running')
      .map((event) => event.seq);
    await page.keyboard.press('Shift+PageDown');
    expect(await here(page)).toBe(tasks[1]);
    const then = at(tasks[1]!);
    await page.getByText(`${then.done} of 8 done`).waitFor();
    expect(await page.getByRole('treeitem', { name: /T-US-002-001.*running/ }).isVisible()).toBe(true);
    expect(await page.getByRole('treeitem', { name: /T-US-002-003/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Pause', exact: true }).count(), 'the past cannot be paused').toBe(0);

    await page.keyboard.press('End');
    expect(await page.getByText('The past:').count()).toBe(0);
    expect(await here(page)).toBe(last);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('is dragged, keeps its place over a reload, and goes back to now', async () => {
    const { page } = await chromium.open('failed', { state: state('run') });
    const box = (await slider(page).boundingBox())!;
    await page.mouse.move(box.x + box.width - 2, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 10, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => here(page)).toBe(1 + Math.round((last - 1) / 2));
    const place = await here(page);
    await page.getByText(`${at(place).done} of 8 done`).waitFor();
    await expect
      .poll(() => page.evaluate(() => (JSON.parse(sessionStorage.getItem('state') ?? '{}') as { at?: number }).at))
      .toBe(place);
    await page.reload();
    await expect.poll(() => here(page)).toBe(place);
    await page.getByRole('button', { name: 'Back to Now' }).click();
    expect(await here(page)).toBe(last);
    await page.close();
  });

  it('plays to the end by itself and can be paused', async () => {
    const { page } = await chromium.open('failed', { state: state('run', { at: last - 12 }) });
    await page.getByText('The past:').waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByRole('button', { name: 'Pause the Replay' }).click();
    const place = await here(page);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(() => here(page), { timeout: 10_000 }).toBe(last);
    expect(place).toBeLessThan(last);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.close();
  });

  it('plays while the run goes on, however busy it is', async () => {
    const { page } = await chromium.open('live', { state: state('run', { at: 2 }) });
    await page.getByText('The past:').waitFor();
    await page.evaluate(() => {
      const { world, facade } = (
        window as unknown as {
          harness: {
            world: { runs: { events: { seq: number; at: number }[] }[] };
            facade: { tell(event: unknown): void };
          };
        }
      ).harness;
      setInterval(() => {
        const newest = world.runs[0]!.events.at(-1)!;
        facade.tell({
          v: 1,
          run: 'run_01',
          seq: newest.seq + 1,
          at: newest.at + 10,
          type: 'warning',
          code: 'git-missing',
          params: {},
        });
      }, 20);
    });
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(() => here(page), { timeout: 10_000 }).toBeGreaterThan(6);
    await page.close();
  });

  it('stays where it is while the run goes on, and shows what waits now', async () => {
    const { page } = await chromium.open('live', { state: state('run', { at: 20 }) });
    await page.getByText('The past:').waitFor();
    expect(
      await page.getByRole('button', { name: 'Review Changes' }).isVisible(),
      'what needs the person is never in the past',
    ).toBe(true);
    await page.evaluate(() => {
      const { world, facade } = (
        window as unknown as {
          harness: {
            world: { runs: { events: { seq: number; at: number }[] }[] };
            facade: { tell(event: unknown): void };
          };
        }
      ).harness;
      const newest = world.runs[0]!.events.at(-1)!;
      facade.tell({
        v: 1,
        run: 'run_01',
        seq: newest.seq + 1,
        at: newest.at + 10,
        type: 'warning',
        code: 'git-missing',
        params: {},
      });
    });
    await page
      .getByText(`event 20 of ${live().runs[0]!.events.length + 1}`)
      .first()
      .waitFor();
    expect(await here(page)).toBe(20);
    await page.close();
  });
});

describe('errors and approvals', () => {
  it('are found one after the other by F8 and F7 and by their buttons, in both directions', async () => {
    const { page } = await chromium.open('failed', { state: state('run', { follow: false }) });
    await page.getByRole('tree').focus();
    await page.keyboard.press('F8');
    await expect.poll(() => selected(page)).toMatch(/npm run lint.*exit 1/);
    await page.keyboard.press('F8');
    await expect.poll(() => selected(page)).toMatch(/rate\.test\.ts.*exit 1/);
    await page.getByRole('button', { name: 'Previous Error' }).click();
    await expect.poll(() => selected(page)).toMatch(/npm run lint/);
    await page.getByRole('button', { name: 'Previous Error' }).click();
    await page.getByText('No earlier error.').first().waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('F7');
    await expect.poll(() => selected(page)).toMatch(/implement wants to change 2 files/);
    await page.keyboard.press('Shift+F7');
    await expect.poll(() => selected(page)).toMatch(/implement wants to change 2 files/);
    await page.close();
  });

  it('take the replay along while one is shown', async () => {
    const { page } = await chromium.open('failed', { state: state('run', { at: 1 }) });
    await page.getByText('The past:').waitFor();
    await page.getByRole('button', { name: 'Next Error' }).click();
    const error = events.find((event) => event.type === 'command-run' && event.exitCode === 1)!;
    await expect.poll(() => here(page)).toBe(error.seq);
    await page.close();
  });

  it('counts each fault of a run once', () => {
    const history = emptyHistory('run_01');
    const run = emptyRun('run_01');
    for (const event of parallel().runs[0]!.events) applyToHistory(history, event, applyEvent(run, event));
    expect([history.errors.length, history.questions.length]).toEqual([0, 3]);
  });
});

describe('the audit', () => {
  it('leaves decisions and approvals, with who, rule and hash, and the detail has them in full', async () => {
    const { page } = await chromium.open('parallel', { state: state('run', { follow: false }) });
    await page.getByRole('combobox', { name: 'Show' }).selectOption('audit');
    const rows = await page.getByRole('treeitem').allInnerTexts();
    expect(rows.some((row) => row.includes('model turn'))).toBe(false);
    expect(rows.some((row) => /accepted.*by you, in the editor/s.test(row))).toBe(true);
    expect(rows.some((row) => /write src\/quotes\.ts.*by the policy · rule changes-ask/s.test(row))).toBe(true);
    await page.getByRole('treeitem', { name: /npm install lru-cache/ }).click();
    const detail = page.getByRole('complementary', { name: 'Detail' });
    await detail.getByText('c0ffeec0ffee', { exact: false }).waitFor();
    expect(await detail.getByText('Installing packages asks').isVisible()).toBe(true);
    await page.close();
  });
});

describe('on return', () => {
  it('says what happened since the panel was last looked at, and replays it from there', async () => {
    const seen = events.find((event) => event.type === 'task-changed' && event.status === 'done')!;
    const then = at(seen.seq);
    const away = { run: 'run_01', seq: seen.seq, at: START - 3600_000 };
    const { page } = await chromium.open('failed', { state: state('plan', { seen: away }) });
    await page.getByText(`Since 13:02:00: ${at(last).done - then.done} done, 1 failed, $`).waitFor();
    await page.getByRole('button', { name: 'Replay From There' }).click();
    await expect.poll(() => here(page)).toBe(seen.seq);
    expect(await page.getByText('Since 13:02').count()).toBe(0);
    await page.close();
  });

  it('says nothing after a short while, and nothing twice', async () => {
    const { page } = await chromium.open('failed', {
      state: state('run', { seen: { run: 'run_01', seq: 10, at: START + 75_000 - 60_000 } }),
    });
    await page.getByRole('tree').waitFor();
    await page.getByText('run failed').first().waitFor();
    expect(await page.getByText(/^Since /).count()).toBe(0);
    await expect
      .poll(
        () =>
          page.evaluate(
            () => (JSON.parse(sessionStorage.getItem('state') ?? '{}') as { seen?: { seq: number } }).seen?.seq,
          ),
        {
          timeout: 10_000,
        },
      )
      .toBe(last);
    await page.close();
  });
});

describe('what was spent', () => {
  it('is drawn over time, and by task in numbers that add up to the run’s', async () => {
    const { page } = await chromium.open('failed', { state: state('run', { costs: true }) });
    const end = at(last);
    await page.getByRole('img', { name: /Money over time: from 0 at 14:02:00 to \$0\.15/ }).waitFor();
    const total = await page.getByRole('row', { name: /^All/ }).innerText();
    expect(total).toContain(end.tokens.toLocaleString('en-US'));
    expect(total).toContain(`$${end.costUsd!.toFixed(2)}`);
    await page.close();
  });

  it('keeps the sums of a long run in a few hundred points', () => {
    const all = longRun(20_000).runs[0]!.events.slice(0) as typeof events;
    const spending = spendingOf(all);
    const run = all.reduce(applyEvent, emptyRun('run_01'));
    expect(spending.line.length).toBeLessThanOrEqual(243);
    expect(spending.line.at(-1)!.tokens).toBe(run.tokens);
    expect(spending.line.at(-1)!.usd).toBeCloseTo(run.costUsd!, 6);
    expect(spending.tasks.reduce((sum, task) => sum + task.tokens, 0)).toBe(run.tokens);
    expect(
      spending.line.every(
        (point, index, line) => index === 0 || (point.at >= line[index - 1]!.at && point.usd >= line[index - 1]!.usd),
      ),
    ).toBe(true);
  });

  it('says unknown where a price is, and does not count it as nothing', () => {
    const turn = events.find((event) => event.type === 'model-called')!;
    const spending = spendingOf([
      events[0]!,
      turn,
      { ...turn, seq: turn.seq + 1, at: turn.at + 1, costUsd: null } as never,
    ]);
    expect(spending.unpriced).toBe(1);
    expect(spending.tasks).toMatchObject([{ usd: null, turns: 2 }]);
  });
});
