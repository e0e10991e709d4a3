/** What comes after a run, and before one: checks of a whole plan, replay of a run in the panel. A run that asks nobody makes it quick. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openEditor, stopBrowser, type Editor, type EditorOptions } from './harness.js';
import { answerAtOnce, approvePlan, committed, extensionLog, planFromIntent, startRun, TASKS, until } from './steps.js';

let editor: Editor | undefined;
const open = async (options?: EditorOptions): Promise<Editor> => (editor = await openEditor(options));
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && editor) {
    await editor.picture(`failed-${task.name.replace(/\W+/g, '-').slice(0, 40)}`);
    console.error(editor.diagnose(), extensionLog(editor));
  }
  await editor?.close();
  editor = undefined;
});
afterAll(stopBrowser);
answerAtOnce();

const sheet = ({ page }: Editor, text: string) => page.locator('.monaco-editor .view-line', { hasText: text }).first();

async function wholeRun(here: Editor): Promise<void> {
  await planFromIntent(here);
  await approvePlan(here);
  await startRun(here);
  await until('the run to be done', async () => /done/.test(await here.statusBar()) && committed(here).length >= TASKS.length, 120_000);
}

describe('checks without a run', () => {
  it('are red before the work and green after it, each with its last lines', async () => {
    const here = await open({ settings: { 'openexec.approval': 'never' } });
    const { page, command, picture } = here;
    await planFromIntent(here);
    await approvePlan(here);
    await command('OpenExec: Verify Plan');
    await sheet(here, `Red (${TASKS.length})`).waitFor({ timeout: 60_000 });
    await picture('verify-red');
    await startRun(here);
    await until('the run to be done', async () => committed(here).length >= TASKS.length, 120_000);
    await command('OpenExec: Verify Plan');
    await sheet(here, `Green (${TASKS.length})`).waitFor({ timeout: 60_000 });
    await picture('verify-green');
    expect(await page.locator('.monaco-editor .view-line', { hasText: 'Red (' }).count()).toBe(0);
    expect(here.errors).toEqual([]);
  });
});

describe('a run that is over', () => {
  it.each(['dark', 'light'] as const)('is replayed in the panel: scrubbed, walked by keys, searched for what went wrong (%s)', async (theme) => {
    const here = await open({ theme, settings: { 'openexec.approval': 'never' } });
    const { command, picture, webview } = here;
    await wholeRun(here);
    await command('OpenExec: Show Run');
    const panel = await webview('[role="tablist"]');
    await panel.getByRole('tab', { name: /^Run/ }).click();
    await panel.locator('.scrubber').waitFor();
    await picture('replay-end');
    const slider = panel.getByRole('slider').first();
    await slider.focus();
    const max = Number(await slider.getAttribute('aria-valuemax'));
    expect(max).toBeGreaterThan(100);
    await slider.press('Home');
    expect(Number(await slider.getAttribute('aria-valuenow'))).toBeLessThan(3);
    await panel.getByText('Back to Now').waitFor();
    await picture('replay-start');
    for (let step = 0; step < 40; step++) await slider.press('ArrowRight');
    await panel.getByRole('button', { name: /Next Error/ }).click();
    await picture('replay-error');
    expect(await here.axe(panel)).toEqual([]);
    await panel.getByText('Back to Now').click();
    await panel.getByRole('tab', { name: /^Report/ }).click();
    await picture('replay-report');
    await panel.getByRole('tab', { name: /^Plan/ }).click();
    await picture('replay-plan');
    expect(here.errors).toEqual([]);
  });
});
