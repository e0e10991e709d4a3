/** The main job as a person does it: plan, approve, run, reject one change, accept the rest, find the commits. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import type { Editor } from './harness.js';

const open = editorPerTest();

const INTENT = 'People can add quotes, find them by id and author, and cannot flood the service.';

async function planAndApprove(
  { page, command, quickInput, picture, openSideBar, row }: Editor,
  pictures: boolean,
): Promise<void> {
  await openSideBar();
  await command('OpenExec: Plan');
  await quickInput(INTENT);
  await row('Plan', 'US-003').waitFor({ timeout: 60_000 });
  if (pictures) await picture('planned');
  await command('OpenExec: Approve Plan');
  await page.locator('.editor-actions a[aria-label^="Approve These Scripts"]').first().waitFor();
  if (pictures) await picture('scripts');
  await page.locator('.editor-actions a[aria-label^="Approve These Scripts"]').first().click();
}

async function startRun({ page, command, picture }: Editor, pictures: boolean): Promise<void> {
  await command('OpenExec: Run');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Start' }).first().waitFor();
  if (pictures) await picture('before-run');
  await page.keyboard.press('Enter');
}

/** Waits for the question of a task's stage: its diff opens by itself, with that title. */
const question = ({ page }: Editor, task: string, stage: string) =>
  page
    .locator('.tab', { hasText: `${task} · ${stage}` })
    .first()
    .waitFor({ timeout: 60_000 });

describe('the main job', () => {
  it.each(['dark', 'light'] as const)(
    'plan, approve, run, reject one, accept the rest, commits on disk (%s)',
    async (theme) => {
      const here = await open({ theme });
      const { page, folder, git, command, picture, quickInput, statusBar } = here;
      await planAndApprove(here, true);
      await startRun(here, true);

      await question(here, 'T-US-001-001', 'implement');
      await page.locator('.diff-editor, .monaco-diff-editor').first().waitFor();
      await picture('approval');
      expect(existsSync(path.join(folder, 'docs', 'api.md')), 'nothing is written before the answer').toBe(false);
      expect(await statusBar()).toMatch(/1 approval/);

      await command('OpenExec: Reject…');
      await quickInput('A table is easier to read.');
      // The recorded model's other way: a table. It waits as a question of its own.
      await page
        .locator('.monaco-diff-editor .view-line', { hasText: '| Request | Answer | Body |' })
        .first()
        .waitFor({ timeout: 30_000 });
      expect(existsSync(path.join(folder, 'docs', 'api.md')), 'a rejected change is not written').toBe(false);
      await picture('after-reject');

      const stages = [
        ['T-US-001-001', 'implement'],
        ['T-US-002-001', 'implement'],
        ['T-US-002-001', 'fix_lint'],
        ['T-US-002-002', 'implement'],
        ['T-US-002-003', 'implement'],
        ['T-US-002-003', 'fix_tests'],
        ['T-US-003-001', 'implement'],
        ['T-US-003-002', 'implement'],
        ['T-US-003-003', 'implement'],
        ['T-US-003-004', 'implement'],
      ] as const;
      for (const [task, stage] of stages) {
        await question(here, task, stage);
        if (stage !== 'implement') await picture(stage);
        await command('OpenExec: Accept All');
        await page
          .locator('.tab', { hasText: `${task} · ${stage}` })
          .first()
          .waitFor({ state: 'detached', timeout: 30_000 });
      }
      await here.row('Runs', 'completed').waitFor({ timeout: 60_000 });
      await picture('done');

      const subjects = git('log', '--format=%s', '-8').trim().split('\n').reverse();
      expect(subjects.map((subject) => /T-US-\d+-\d+/.exec(subject)?.[0])).toEqual([
        'T-US-001-001',
        'T-US-002-001',
        'T-US-002-002',
        'T-US-002-003',
        'T-US-003-001',
        'T-US-003-002',
        'T-US-003-003',
        'T-US-003-004',
      ]);
      expect(git('status', '--porcelain')).toBe('');
      expect(git('show', 'HEAD~7:docs/api.md')).toContain('| Request | Answer | Body |');
      expect(readFileSync(path.join(folder, 'src', 'rate-limit.ts'), 'utf8')).toContain('limitWrites');
      expect(here.errors).toEqual([]);
    },
  );

  it('shows the run in the panel, readable for everyone', async () => {
    const here = await open();
    const { page, command, picture, webview, axe } = here;
    await planAndApprove(here, false);
    await startRun(here, false);
    await question(here, 'T-US-001-001', 'implement');
    await command('OpenExec: Open Panel');
    const panel = await webview('[role="tablist"]');
    await picture('panel-first');
    for (const name of ['Plan', 'Run', 'Report', 'Intent']) {
      await panel.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
      await page.waitForTimeout(800);
      await picture(`panel-${name.toLowerCase()}`);
      expect({ tab: name, found: await axe(panel) }).toEqual({ tab: name, found: [] });
    }
  });

  it('stands as interrupted after the window was reloaded, and goes on without doing anything twice', async () => {
    const here = await open();
    const { page, git, command, picture } = here;
    await planAndApprove(here, false);
    await startRun(here, false);
    await question(here, 'T-US-001-001', 'implement');
    await here.reload();
    await here.openSideBar();
    await here.row('Runs', /interrupted|waits|paused/i).waitFor({ timeout: 60_000 });
    await picture('interrupted');
    await command('OpenExec: Resume');
    await question(here, 'T-US-001-001', 'implement');
    await command('OpenExec: Accept All');
    await question(here, 'T-US-002-001', 'implement');
    expect(
      git('log', '--format=%s')
        .split('\n')
        .filter((subject) => subject.includes('T-US-001-001')),
    ).toHaveLength(1);
    await command('OpenExec: Cancel');
    await page
      .locator('.tab', { hasText: 'T-US-002-001 · implement' })
      .first()
      .waitFor({ state: 'detached', timeout: 20_000 });
    await here.row('Runs', /cancelled/i).waitFor({ timeout: 20_000 });
    await picture('cancelled');
  });
});
