/** What comes after a run, and before one: checks of a whole plan, replay of a run in the panel. A run that asks nobody makes it quick. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import type { Editor } from './harness.js';
import { answerAtOnce, approvePlan, committed, pick, planFromIntent, startRun, TASKS, until } from './steps.js';

const open = editorPerTest();
answerAtOnce();

const sheet = ({ page }: Editor, text: string) => page.locator('.monaco-editor .view-line', { hasText: text }).first();

async function wholeRun(here: Editor): Promise<void> {
  await planFromIntent(here);
  await approvePlan(here);
  await startRun(here);
  await until(
    'the run to be done',
    async () => /completed/.test(await here.statusBar()) && committed(here).length >= TASKS.length,
    120_000,
  );
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
  it.each(['dark', 'light'] as const)(
    'is replayed in the panel: scrubbed, walked by keys, searched for what went wrong (%s)',
    async (theme) => {
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
    },
  );

  it('is rolled back: listed with its diffs first, by a commit of its own, and brought back again', async () => {
    const here = await open({ settings: { 'openexec.approval': 'never' } });
    const { page, folder, git, command, picture, row } = here;
    const api = path.join(folder, 'docs', 'api.md');
    await wholeRun(here);
    const head = git('rev-parse', 'HEAD').trim();
    const app = readFileSync(path.join(folder, 'src', 'app.ts'), 'utf8');
    await command('OpenExec: Roll Back…');
    await pick(here, 'docs/api.md').waitFor({ timeout: 30_000 });
    await picture('rollback-list');
    await pick(here, 'src/app.ts').click();
    await page.locator('.monaco-diff-editor').first().waitFor();
    await picture('rollback-diff');
    expect(existsSync(api), 'nothing is done before the choice').toBe(true);
    await page.locator('.notifications-toasts .monaco-button', { hasText: 'Roll Back…' }).first().click();
    await pick(here, 'Roll Back').click();
    await until('the file to be gone', () => !existsSync(api), 30_000);
    await until('the commit that reverts', () => git('log', '-1', '--format=%B').includes('OpenExec-Reverts'), 30_000);
    expect(git('log', '-1', '--format=%B').match(/OpenExec-Reverts: /g)).toHaveLength(TASKS.length);
    expect(git('merge-base', '--is-ancestor', head, 'HEAD'), 'history is never rewritten').toBe('');
    expect(git('status', '--porcelain').trim()).toBe('');
    await until('the tasks to say so', async () =>
      (await row('Plan', 'T-US-001-001').innerText()).includes('rolled back'),
    );
    await picture('rollback-done');
    await page.locator('.notifications-toasts .monaco-button', { hasText: 'Redo' }).first().click();
    await pick(here, 'Bring Back').click();
    await until('the file to be back', () => existsSync(api), 30_000);
    await until('the tree to be clean', () => git('status', '--porcelain').trim() === '', 30_000);
    expect(readFileSync(path.join(folder, 'src', 'app.ts'), 'utf8')).toBe(app);
    expect(git('diff', '--stat', head, 'HEAD').trim(), 'the same tree as before').toBe('');
    await picture('rollback-redone');
    expect(here.errors).toEqual([]);
  });
});
