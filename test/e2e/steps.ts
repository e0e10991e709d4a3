/** Words for longer stretches of a person's work: to the first question, through the questions, and at the processes behind the window. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { Editor } from './harness.js';

/** The recording answers at once, and the server passes that on to its extension hosts. */
export const answerAtOnce = (): void => void (process.env['OPENEXEC_RECORDED_SPEED'] = '0');

/** Every question of the demo's plan when all is accepted, in order. */
export const QUESTIONS = [
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
export const TASKS = [...new Set(QUESTIONS.map(([task]) => task))];

/** Header of the Plan view: it names the plan that is shown. */
export const planHeader = (page: Page): Locator => page.locator('.pane-header:has(h3.title:text-is("Plan"))').first();

/** `file` in the top of the folder; `name` and `story`: what the plan then shows. */
export async function planFromFile(
  { page, command, openSideBar, row }: Editor,
  file: string,
  name: string,
  story: string,
): Promise<void> {
  await openSideBar();
  await command('OpenExec: Plan from File…');
  const dialog = page.locator('.quick-input-title', { hasText: 'INTENT.md' }).first();
  await dialog.waitFor();
  const listed = page.locator('.quick-input-list .monaco-list-row', { hasText: file }).first();
  // The dialog reads the folder first, and takes neither text nor Enter meanwhile.
  await until(
    'the file to be chosen',
    async () => {
      if (!(await dialog.isVisible())) return true;
      await listed.click({ timeout: 2000 }).catch(() => undefined); // not listed yet, or chosen already
      await page.waitForTimeout(500);
      return !(await dialog.isVisible());
    },
    60_000,
  );
  await planHeader(page).filter({ hasText: name }).waitFor({ timeout: 60_000 });
  await row('Plan', story).waitFor();
}
export const planFromIntent = (editor: Editor): Promise<void> => planFromFile(editor, 'INTENT.md', 'INTENT', 'US-003');

/** One in the right form; the server of a test takes any. */
export async function setApiKey({ page, command, quickInput }: Editor): Promise<void> {
  await command('OpenExec: Set API Key…');
  await page.locator('.quick-input-title', { hasText: 'Set API Key' }).waitFor();
  await quickInput('sk-ant-test-0000000000000000000000');
}

export async function approvePlan({ page, command }: Editor): Promise<void> {
  await command('OpenExec: Approve Plan');
  const approve = page.locator('.editor-actions a[aria-label^="Approve These Scripts"]').first();
  await approve.waitFor();
  await approve.click();
  await approve.waitFor({ state: 'hidden', timeout: 20_000 });
}

export async function startRun({ page, command }: Editor): Promise<void> {
  await command('OpenExec: Run');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Start' }).first().waitFor();
  await page.keyboard.press('Enter');
}

export async function toFirstQuestion(editor: Editor): Promise<void> {
  await planFromIntent(editor);
  await approvePlan(editor);
  await startRun(editor);
  await questionOf(editor, 'T-US-001-001', 'implement');
}

export const tabOf = ({ page }: Editor, task: string, stage: string) =>
  page.locator('.tab', { hasText: `${task} · ${stage}` }).first();

/** The diff of a question, which opens by itself. */
export async function questionOf(editor: Editor, task: string, stage: string): Promise<void> {
  await tabOf(editor, task, stage).waitFor({ timeout: 60_000 });
  await editor.page.locator('.monaco-diff-editor').first().waitFor();
}

export async function acceptAll(editor: Editor, task: string, stage: string): Promise<void> {
  await questionOf(editor, task, stage);
  await editor.command('OpenExec: Accept All');
  await tabOf(editor, task, stage).waitFor({ state: 'detached', timeout: 30_000 });
}

/** Tasks of the commits in git, oldest first, by their trailer: one entry a commit. */
export const committed = ({ git }: Editor): string[] =>
  git('log', '--reverse', '--format=%(trailers:key=OpenExec-Task,valueonly,separator=%x20)')
    .split('\n')
    .filter((line) => line !== '');
export const committedSteps = ({ git }: Editor): string[] =>
  git('log', '--format=%(trailers:key=OpenExec-Step,valueonly,separator=%x20)')
    .split('\n')
    .filter((line) => line !== '');

/** Processes of the server in which extensions run. */
export function extensionHosts({ server }: Editor): number[] {
  const all = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid && parent ? [{ pid: Number(pid), parent: Number(parent), args: args ?? '' }] : [];
    });
  const family = new Set([server.pid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of all) if (family.has(parent) && !family.has(pid)) grew = Boolean(family.add(pid));
  }
  const hosts = all.filter(({ pid, args }) => family.has(pid) && args.includes('--type=extensionHost'));
  // A program that a host is just starting has the host's own words until it has become that program.
  return hosts.filter(({ parent }) => !hosts.some(({ pid }) => pid === parent)).map(({ pid }) => pid);
}

/** Waits for a message, and takes the time to read it: VS Code shows no more than three in 0.8 s, later ones only go to its list. */
export async function told({ page, notifications }: Editor, what: RegExp): Promise<string> {
  const seen = new Set<string>();
  const found = await until(
    () => `a notification ${what.source}, and was told: ${[...seen].join(' | ') || 'nothing'}`,
    async () => {
      const now = await notifications();
      for (const text of now) seen.add(text);
      return now.find((text) => what.test(text));
    },
    60_000,
  );
  await page.waitForTimeout(1000);
  return found;
}

/** Answers the question that stands over the window. */
export async function answer({ page, picture }: Editor, button: string, pictured?: string): Promise<void> {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  if (pictured) await picture(pictured);
  await dialog.locator('.monaco-button', { hasText: button }).first().click();
  await dialog.waitFor({ state: 'hidden' });
}

/** A row of the list that is open at the top. */
export const pick = ({ page }: Editor, text: string | RegExp): Locator =>
  page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();

/** One that is still closing looks open to whoever asks at once. */
export async function closePalette({ page }: Editor): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden' });
}

/** Takes an entry of a row's menu. A menu hears no click in its first tenth of a second: the button that opened it may still be going up. */
export async function fromMenu({ page }: Editor, row: Locator, text: string): Promise<void> {
  await row.click({ button: 'right' });
  const entry = page.locator('.context-view .action-label', { hasText: text }).first();
  for (let tries = 1; ; tries++) {
    await entry.click();
    try {
      return await entry.waitFor({ state: 'hidden', timeout: 2000 });
    } catch (cause) {
      if (tries === 3) throw new Error(`the menu does not take “${text}”`, { cause });
    }
  }
}

/** Takes the place a file dialog of the browser proposes, once it does; gives its path. */
export async function saveAsProposed({ page }: Editor, title: string): Promise<string> {
  const dialog = page.locator('.quick-input-title', { hasText: title });
  await dialog.waitFor();
  const input = page.locator('.quick-input-widget:visible input').first();
  const file = await until('a proposed file', async () => /[^/]$/.exec(await input.inputValue())?.input);
  await page.waitForTimeout(500); // it reads the folder, and takes no Enter meanwhile
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  return file;
}

/** Gives a file dialog of the browser the file it asks for. */
export async function fileForDialog({ page }: Editor, title: string, file: string): Promise<void> {
  const dialog = page.locator('.quick-input-title', { hasText: title });
  await dialog.waitFor();
  const input = page.locator('.quick-input-widget:visible input').first();
  await until(
    'the dialog to take the file',
    async () => {
      if (!(await dialog.isVisible())) return true;
      await input.fill(file);
      await page.waitForTimeout(500); // it reads the folder, and takes no Enter meanwhile
      await page.keyboard.press('Enter');
      await page.waitForTimeout(500);
      return !(await dialog.isVisible());
    },
    60_000,
  );
}

export async function until<T>(
  what: string | (() => string),
  ready: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await ready();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function dataDirOf({ server }: Editor): string {
  const args = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(server.pid)], { encoding: 'utf8' });
  const dataDir = /--server-data-dir (\S+)/.exec(args)?.[1];
  if (dataDir === undefined) throw new Error(`the server's data folder is not in ${args}`);
  return dataDir;
}

/** What the extension wrote to its log, over all its hosts: for a failed test's message. */
export function extensionLog(editor: Editor): string {
  const logs = path.join(dataDirOf(editor), 'data', 'logs');
  const files = readdirSync(logs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('OpenExec.log'))
    .sort();
  return files
    .map((name) => `── ${name}\n${readFileSync(path.join(logs, name), 'utf8')}`)
    .join('\n')
    .slice(-8000);
}

/** Whether a stored request to the model holds the person's comment: there the tool's result is JSON in JSON, so its quotes are escaped. */
export function modelWasTold(editor: Editor, comment: string): boolean {
  const home = path.join(dataDirOf(editor), 'openexec');
  const quoted = new RegExp(String.raw`\\"comment\\": ?\\"${comment.replace(/[.?]/g, String.raw`\$&`)}`);
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => quoted.test(readFileSync(path.join(entry.parentPath, entry.name), 'latin1')));
}
