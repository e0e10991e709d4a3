/** A window that is reloaded, or whose extension host dies: what waited still waits, the run goes on where it was, and nothing is done twice. */
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import type { Editor } from './harness.js';
import {
  acceptAll,
  answerAtOnce,
  approvePlan,
  committed,
  committedSteps,
  extensionHosts,
  planFromIntent,
  questionOf,
  QUESTIONS,
  startRun,
  TASKS,
  toFirstQuestion,
  until,
} from './steps.js';

const open = editorPerTest();
answerAtOnce();

const stands = (here: Editor) => here.row('Runs', /interrupted|paused|running/i);
/** Resumes where the owner did not live on; either way the question is there again. */
async function goOn(here: Editor, task: string, stage: string): Promise<void> {
  if (/interrupted|paused/i.test(await stands(here).innerText())) await here.command('OpenExec: Resume');
  await questionOf(here, task, stage);
}

describe('after a reload', () => {
  it('the question, its decided hunks and its tab are back, and the run goes on without doing anything twice', async () => {
    const here = await open();
    const { page, picture } = here;
    await toFirstQuestion(here);
    await acceptAll(here, 'T-US-001-001', 'implement');
    await questionOf(here, 'T-US-002-001', 'implement');
    await page.locator('.monaco-diff-editor .editor.modified .view-lines').first().click();
    // The key belongs to the hunk once the status bar names it and the right side has the focus.
    await until('the hunk in the status bar', async () => (await here.statusBar()).includes('pending'));
    await until('the focus on the right side', () =>
      page.evaluate(() => document.activeElement?.closest('.editor.modified') !== null),
    );
    await page.waitForTimeout(500);
    await page.keyboard.press('Alt+Enter');
    await page.locator('.tab', { hasText: '1 of 2 hunks decided' }).first().waitFor();
    await picture('reload-before');

    await here.reload();
    await here.openSideBar();
    await page
      .locator('.tab', { hasText: 'T-US-002-001 · implement: 1 of 2 hunks decided' })
      .first()
      .waitFor({ timeout: 60_000 });
    await stands(here).waitFor({ timeout: 60_000 });
    await picture('reload-after');
    await here.row('Approvals', 'validate.ts').waitFor();
    await until('the decided file in Approvals', async () =>
      (await here.rows('Approvals')).some((row) => /accepted/.test(row)),
    );
    await until(
      'one tab, not two',
      async () => (await page.locator('.tab', { hasText: 'T-US-002-001 · implement' }).count()) === 1,
    );

    await goOn(here, 'T-US-002-001', 'implement');
    await page.locator('.tab', { hasText: '1 of 2 hunks decided' }).first().waitFor();
    await picture('reload-resumed');
    for (const [task, stage] of QUESTIONS.slice(1)) await acceptAll(here, task, stage);
    await here.row('Runs', 'completed').waitFor({ timeout: 60_000 });
    expect(committed(here)).toEqual(TASKS);
    expect(new Set(committedSteps(here)).size).toBe(TASKS.length);
    expect(here.git('status', '--porcelain')).toBe('');
    expect(await page.locator('.tab', { hasText: 'hunks decided' }).count()).toBe(0);
    await picture('reload-done');
  });

  it('a run whose extension host was killed in the middle of a stage completes after Resume', async () => {
    const here = await open({ settings: { 'openexec.approval': 'never' } });
    const { page, picture } = here;
    await planFromIntent(here);
    await approvePlan(here);
    await startRun(here);
    // The stages lint, test, build and verify run commands: the kill falls into one of them.
    await until('two commits', () => committed(here).length >= 2, 60_000);
    const [host, ...others] = extensionHosts(here);
    expect(others).toEqual([]);
    if (host === undefined) throw new Error('no extension host was found');
    process.kill(host, 'SIGKILL');
    const before = committed(here);
    expect(before.length).toBeLessThan(TASKS.length);
    await page.waitForTimeout(1000);
    await picture('killed');
    await here.reload(0);
    await here.openSideBar();
    await here.row('Runs', /interrupted/i).waitFor({ timeout: 60_000 });
    await picture('killed-reloaded');
    await here.command('OpenExec: Resume');
    await here.row('Runs', 'completed').waitFor({ timeout: 90_000 });
    expect(committed(here)).toEqual(TASKS);
    expect(new Set(committedSteps(here)).size).toBe(TASKS.length);
    expect(here.git('status', '--porcelain')).toBe('');
    await picture('killed-completed');
  });

  it('a second window names an owner that stands still, follows one that lives, and takes over', async () => {
    const here = await open();
    await planFromIntent(here);
    const [owner] = extensionHosts(here);
    if (owner === undefined) throw new Error('no extension host was found');
    process.kill(owner, 'SIGSTOP');
    const page = await here.page.context().newPage();
    try {
      await page.goto(here.page.url());
      const action = page.locator('.activitybar .action-item a[aria-label^="OpenExec"]').first();
      await action.waitFor({ timeout: 60_000 });
      await action.click();
      const said = page.locator('.notification-list-item', { hasText: `Process ${owner} owns this workspace` }).first();
      await said.waitFor({ timeout: 60_000 });
      await page.getByText('works on this folder and does not answer', { exact: false }).first().waitFor();
      await page.getByRole('button', { name: 'Take Over' }).first().waitFor();
      await page.screenshot({ path: 'test-results/e2e/owner-silent-dark.png' });
    } finally {
      process.kill(owner, 'SIGCONT');
    }
    await page.locator('.pane-body').getByRole('button', { name: 'Try Again' }).first().click();
    const followed = page.getByText('it is followed here', { exact: false }).first();
    await followed.waitFor({ timeout: 60_000 });
    const row = page.locator('.monaco-list-row', { hasText: 'US-001' }).first();
    await row.waitFor();
    await page.screenshot({ path: 'test-results/e2e/owner-followed-dark.png' });
    await page
      .locator('.notification-list-item .codicon-notifications-clear')
      .first()
      .click()
      .catch(() => undefined); // gone by itself, maybe
    await page.keyboard.press('F1');
    const input = page.locator('.quick-input-widget:visible input').first();
    await input.waitFor();
    await input.fill('>OpenExec: Take Over');
    await page.locator('.quick-input-list .monaco-list-row[aria-label^="OpenExec: Take Over"]').first().click();
    await followed.waitFor({ state: 'hidden', timeout: 60_000 });
    await page.getByText('Not approved yet', { exact: false }).first().waitFor({ timeout: 60_000 }); // open again, not on the way
    expect(await followed.isVisible()).toBe(false);
    await row.waitFor();
    await page.screenshot({ path: 'test-results/e2e/owner-taken-over-dark.png' });
  });
});
