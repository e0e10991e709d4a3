/** What is stored: what it takes, what is kept, all of it in one file and back, and a folder that moved. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import { demoFolder, type Editor } from './harness.js';
import {
  answer,
  answerAtOnce,
  approvePlan,
  closePalette,
  committed,
  fileForDialog,
  pick,
  planFromIntent,
  saveAsProposed,
  startRun,
  TASKS,
  told,
  until,
} from './steps.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const open = editorPerTest();
answerAtOnce();

const welcomed = ({ page }: Editor, text: string) => page.locator('.welcome-view', { hasText: text }).first();

describe('what is stored', () => {
  it('is listed, kept, cleaned up, written to one file, and comes back from it', async () => {
    const here = await open({ settings: { 'openexec.approval': 'never' } });
    const { page, command, picture, row, rows } = here;
    await planFromIntent(here);
    await approvePlan(here);
    await startRun(here);
    await until(
      'the run to be done',
      async () => /completed/.test(await here.statusBar()) && committed(here).length >= TASKS.length,
      120_000,
    );

    const keepTheseRuns = async () => {
      await command('OpenExec: Storage…');
      await pick(here, 'Keep a Run').click();
      await page.locator('.quick-input-title', { hasText: 'Keep These Runs' }).waitFor();
      return pick(here, 'INTENT');
    };
    const run = await keepTheseRuns();
    expect(await run.getAttribute('aria-checked')).toBe('false');
    await run.click();
    await picture('storage-keep');
    await page.locator('.quick-input-action .monaco-button', { hasText: 'OK' }).click();
    await page.locator('.quick-input-title', { hasText: 'Keep These Runs' }).waitFor({ state: 'hidden' });
    expect(await (await keepTheseRuns()).getAttribute('aria-checked')).toBe('true');
    await closePalette(here);

    await command('OpenExec: Storage…');
    await pick(here, 'Clean Up').waitFor();
    await picture('storage');
    await pick(here, 'Clean Up').click();
    await answer(here, 'Clean Up', 'storage-clean');
    await told(here, /0 runs removed/);
    await command('OpenExec: Storage…');
    await pick(here, 'Export Everything').click();
    const file = await saveAsProposed(here, 'Export Everything');
    await told(here, /Everything of this folder is in/);
    expect(existsSync(file)).toBe(true);
    await command('OpenExec: Delete Plan…');
    await answer(here, 'Delete');
    await welcomed(here, 'A plan holds goals').waitFor();

    await command('OpenExec: Restore Plans and Runs…');
    await fileForDialog(here, 'Restore Plans and Runs', file);
    await answer(here, 'Restore', 'storage-restore');
    await told(here, /Restored\. What stood there is in/);
    await row('Plan', 'US-003').waitFor();
    await until('the run in the list', async () => (await rows('Runs')).some((text) => /completed/.test(text)));
    await picture('storage-restored');
    expect(await (await keepTheseRuns()).getAttribute('aria-checked')).toBe('true');
    expect(here.errors).toEqual([]);
  });
});

describe('a folder that was moved', () => {
  /** The editor at a folder whose plan was made where it stood before. */
  async function movedFolder(): Promise<{ here: Editor; home: string }> {
    const home = mkdtempSync(path.join(os.tmpdir(), 'openexec-e2e-home-'));
    const old = await demoFolder();
    folders.push(home, path.dirname(old));
    const before = await open({ folder: old, home });
    await planFromIntent(before);
    await before.close();
    const folder = path.join(path.dirname(old), 'quotes-moved');
    renameSync(old, folder);
    const here = await open({ folder, home });
    await here.openSideBar();
    return { here, home };
  }
  const offered = ({ page }: Editor, button: string) =>
    page.locator('.notifications-toasts .monaco-button', { hasText: button }).first();

  it('is offered what it had under its old name, and has it after Use It', async () => {
    const { here } = await movedFolder();
    await told(here, /quotes-api/);
    await here.picture('moved-offer');
    await offered(here, 'Use It').click();
    await here.row('Plan', 'US-003').waitFor({ timeout: 60_000 });
    await here.picture('moved-taken');
    expect(here.errors).toEqual([]);
  });

  it('has no plan after Start Fresh, and is not asked again', async () => {
    const { here, home } = await movedFolder();
    await told(here, /quotes-api/);
    await offered(here, 'Start Fresh').click();
    await offered(here, 'Start Fresh').waitFor({ state: 'detached' });
    const names = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
      (name) => path.basename(name) === 'root.json',
    );
    await until('the answer to be kept', () =>
      names.some((name) => readFileSync(path.join(home, name), 'utf8').includes('"declined"')),
    );
    await here.reload();
    await here.openSideBar();
    await welcomed(here, 'A plan holds goals').waitFor({ timeout: 60_000 });
    await here.page.waitForTimeout(3000); // what is found at opening is told right after it
    expect((await here.notifications()).filter((text) => /quotes-api/.test(text))).toEqual([]);
    await here.picture('moved-fresh');
    expect(here.errors).toEqual([]);
  });
});
