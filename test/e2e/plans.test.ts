/** Several plans side by side, what the tree and the panel say of them, and the same in little space, in a light theme and without trust. */
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import type { Editor } from './harness.js';
import {
  answer,
  answerAtOnce,
  approvePlan,
  closePalette,
  planFromIntent,
  planHeader,
  toFirstQuestion,
  until,
} from './steps.js';

const open = editorPerTest();
answerAtOnce();

const INTENT = 'People can add quotes, find them by id and author, and cannot flood the service.';

/** Answers an input box once the one with that title is there. */
async function answerBox({ page, quickInput }: Editor, title: string, text: string): Promise<void> {
  await page.locator('.quick-input-title', { hasText: title }).waitFor();
  await quickInput(text);
}
/** The plans as Switch Plan lists them; the list stays open. */
async function offeredPlans({ page, command }: Editor): Promise<string[]> {
  await command('OpenExec: Switch Plan…');
  await page.locator('.quick-input-title', { hasText: 'Switch Plan' }).waitFor();
  const rows = page.locator('.quick-input-list .monaco-list-row');
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? ''));
}
const nameShown = (here: Editor, name: string) =>
  until(`the plan ${name}`, async () => (await planHeader(here.page).innerText()).includes(name));

describe('plans', () => {
  it('stand side by side: from a sentence, from a file, empty; switched, duplicated and deleted', async () => {
    const here = await open();
    const { page, command, picture, row, openSideBar } = here;
    await openSideBar();
    await command('OpenExec: Plan');
    await answerBox(here, 'OpenExec: Plan', INTENT);
    await row('Plan', 'US-003').waitFor({ timeout: 60_000 });
    const first = await planHeader(here.page).innerText();
    await planFromIntent(here);
    await nameShown(here, 'INTENT');
    await command('OpenExec: New Empty Plan…');
    await answerBox(here, 'New Empty Plan', 'Later');
    await nameShown(here, 'Later');
    await page.getByText('This plan has no stories yet.').first().waitFor();
    await picture('plans-empty');

    const offered = await offeredPlans(here);
    expect(offered).toHaveLength(3);
    expect(offered[0]).toMatch(/Later/);
    await picture('plans-switch');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'INTENT' }).first().click();
    await nameShown(here, 'INTENT');
    await row('Plan', 'US-003').waitFor();

    await command('OpenExec: Duplicate Plan');
    await nameShown(here, 'INTENT (copy)');
    const copied = await offeredPlans(here);
    await closePalette(here);
    expect(copied).toHaveLength(4);
    expect(copied.filter((name) => name.includes('INTENT'))).toHaveLength(2);

    await offeredPlans(here);
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Later' }).first().click();
    await nameShown(here, 'Later');
    await command('OpenExec: Delete Plan…');
    await answer(here, 'Delete', 'plans-delete');
    await until('the deleted plan to be gone', async () => {
      const list = await offeredPlans(here);
      await closePalette(here);
      return list.length === 3 && !list.some((name) => name.includes('Later'));
    });
    await row('Plan', 'US-003').waitFor();
    expect(first).not.toBe('');
    await picture('plans-after');
    expect(here.errors).toEqual([]);
  });

  it.each(['dark', 'light'] as const)(
    'say how each task stands by icon and word, with everything in the tooltip; the panel shows graph and run (%s)',
    async (theme) => {
      const here = await open({ theme });
      const { page, picture, row, rows, command, webview } = here;
      await planFromIntent(here);
      const before = await rows('Plan');
      expect(before.find((one) => one.startsWith('G-'))).toMatch(/0 of \d+ stories/);
      expect(before.find((one) => one.includes('T-US-001-001'))).toMatch(/, ready/);
      expect(before.find((one) => one.includes('T-US-002-002'))).toMatch(/, waits for/);
      await row('Plan', 'T-US-002-001').hover();
      const hover = page.locator('.workbench-hover:visible, .monaco-hover:visible').first();
      await hover.waitFor();
      const tooltip = (await hover.innerText()).replace(/\s+/g, ' '); // text of others is shown with hard spaces
      expect(tooltip).toContain('Verified by');
      expect(tooltip).toContain('Strategy');
      await page.screenshot({ path: `test-results/e2e/plans-tooltip-${theme}.png` });
      await page.keyboard.press('Escape');
      await here.page.mouse.move(900, 500);

      await approvePlan(here);
      await command('OpenExec: Run');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Start' }).first().waitFor();
      await picture('plans-run-sheet');
      await page.keyboard.press('Enter');
      await page.locator('.tab', { hasText: 'T-US-001-001 · implement' }).first().waitFor({ timeout: 60_000 });
      await until('the row that needs the person', async () =>
        (await rows('Plan')).some((one) => one.includes('T-US-001-001') && one.includes('needs you: approval')),
      );
      await picture('plans-running');

      await command('OpenExec: Open Panel');
      const panel = await webview('[role="tablist"]');
      await panel.getByRole('tab', { name: /^Plan/ }).click();
      await panel.getByText('T-US-002-001', { exact: false }).first().waitFor();
      await picture('plans-panel-graph');
      await panel.getByRole('tab', { name: /^Run/ }).click();
      await panel.getByText('implement', { exact: false }).first().waitFor();
      await picture('plans-panel-run');
      expect(here.errors).toEqual([]);
    },
  );

  it('fit a narrow window with a plan and a question in it', async () => {
    const here = await open({ size: { width: 560, height: 900 } });
    const { page, picture } = here;
    await toFirstQuestion(here);
    await here.row('Approvals', 'docs/api.md').waitFor();
    await picture('plans-narrow');
    const overflow = await page
      .locator('.sidebar .pane-body')
      .evaluateAll((panes) => panes.filter((pane) => pane.scrollWidth > pane.clientWidth + 1).length);
    expect(overflow).toBe(0);
  });

  it('cannot be made or run in a folder that is not trusted, and the words say why', async () => {
    const here = await open({ trusted: false });
    const { page, picture, openSideBar, git } = here;
    await openSideBar();
    await page.getByText('This workspace is not trusted', { exact: false }).first().waitFor();
    const input = page.locator('.quick-input-widget:visible input').first();
    await until('the palette', async () => {
      await page.keyboard.press('F1'); // the first key of a fresh window may come before its keybindings are there
      await page.waitForTimeout(1000);
      return input.isVisible();
    });
    await input.fill('>OpenExec: ');
    await page.waitForTimeout(1000);
    const offered = await page
      .locator('.quick-input-list .monaco-list-row')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    await picture('plans-untrusted-palette');
    for (const title of ['OpenExec: Plan', 'OpenExec: Run', 'OpenExec: Quick Fix'])
      expect(
        offered.some((one) => one === title || one.startsWith(`${title},`)),
        title,
      ).toBe(false);
    expect(git('status', '--porcelain')).toBe('');
  });
});
