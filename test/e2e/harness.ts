/** A person at a real VS Code: server with the packaged extension, Chromium, and words for what they do and see. Pictures go to test-results/e2e. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Frame, type Locator, type Page } from 'playwright-core';
import { copyDemo } from '../../src/adapters/node/demo.js';
import { browserArguments, slowIfAsked } from '../../scripts/lib/browser.mjs';
import { findChromium, startServer, workbenchUrl, type Server } from '../../scripts/vscode-server.mjs';

const top = path.resolve(import.meta.dirname, '..', '..');
const pictures = path.join(top, 'test-results', 'e2e');
const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export type Theme = 'dark' | 'light';
export interface EditorOptions {
  theme?: Theme;
  /** The demo's copy when absent; null opens no folder. */
  folder?: string | null;
  /** Committed in the demo's copy. */
  files?: Record<string, string>;
  /** OpenExec's data home; one of its own, which goes with the editor, when absent. */
  home?: string;
  /** false leaves Workspace Trust on: a folder opens restricted. */
  trusted?: boolean;
  settings?: Record<string, unknown>;
  size?: { width: number; height: number };
}

export interface Editor {
  readonly page: Page;
  readonly folder: string;
  readonly server: Server;
  readonly errors: string[];
  git(...args: string[]): string;
  /** Runs a command by its title, through the palette. */
  command(title: string): Promise<void>;
  openSideBar(): Promise<void>;
  /** Rows of the view with that title, as they read aloud. */
  rows(view: string): Promise<string[]>;
  row(view: string, text: string | RegExp): Locator;
  /** The content frame of the webview that holds `selector`. */
  webview(selector: string): Promise<Frame>;
  quickInput(text: string): Promise<void>;
  statusBar(): Promise<string>;
  notifications(): Promise<string[]>;
  picture(name: string): Promise<void>;
  /** What the command line tells about the newest run, as another process: for a failed test's message. */
  diagnose(): string;
  /** Violations axe finds, as `rule: target`. */
  axe(frame: Frame): Promise<string[]>;
  /** `settleMs`: in a browser VS Code writes down which tabs are open every few seconds. */
  reload(settleMs?: number): Promise<void>;
  close(): Promise<void>;
}

let browser: Browser | undefined;
async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium was not found.');
  browser ??= await chromium.launch({ executablePath, args: browserArguments });
  return browser;
}
export async function stopBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** A copy of the demo with its history, in a folder whose name is short on screen; `files` are one more commit. */
export async function demoFolder(files: Record<string, string> = {}): Promise<string> {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'openexec-e2e-')), 'quotes-api');
  await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  if (Object.keys(files).length > 0) {
    execFileSync('git', ['add', '.'], { cwd: folder });
    execFileSync(
      'git',
      ['-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '-qm', 'Add what this test needs'],
      { cwd: folder },
    );
  }
  return folder;
}

export async function openEditor(options: EditorOptions = {}): Promise<Editor> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'openexec-e2e-server-'));
  const home = options.home ?? path.join(dataDir, 'openexec');
  const folder = options.folder === undefined ? await demoFolder(options.files) : (options.folder ?? '');
  const dark = (options.theme ?? 'dark') === 'dark';
  const server = await startServer({
    dataDir,
    extensionVsix: path.join(top, 'openexec.vsix'),
    trust: options.trusted === false, // Workspace Trust on: an unknown folder opens restricted
    graceSeconds: 2,
    env: { OPENEXEC_HOME: home },
    userSettings: {
      'workbench.colorTheme': dark ? 'Default Dark Modern' : 'Default Light Modern',
      'workbench.startupEditor': 'none',
      'workbench.secondarySideBar.defaultVisibility': 'hidden',
      'workbench.welcomePage.walkthroughs.openOnInstall': false,
      'security.workspace.trust.startupPrompt': 'never',
      'workbench.reduceMotion': 'on',
      'openexec.model': 'recorded',
      ...options.settings,
    },
  });
  const context = await (await startBrowser()).newContext({
    viewport: options.size ?? { width: 1280, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await slowIfAsked(page);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // The server's data folder is named after us: what VS Code says of its own files there is none of ours.
    const text = message.text().replaceAll(dataDir, '');
    // VS Code logs the TreeError itself when a row goes away while it is asked to refresh it; nobody sees anything of it.
    if (message.type() === 'error' && /openexec/i.test(text) && !/TreeError .*Data tree node not found/.test(text))
      errors.push(text);
  });
  const ready = async () => {
    await page.waitForSelector('.monaco-workbench .activitybar', { timeout: 60_000 });
    await page.waitForSelector('.statusbar-item', { timeout: 60_000 });
  };
  await page.goto(workbenchUrl(server, folder || undefined));
  await ready();

  /** A view's pane is named by its header. */
  const pane = (view: string): Locator =>
    page.locator('.pane', {
      has: page.locator(`.pane-header[aria-label^="${view} Section"], .pane-header:has(h3.title:text-is("${view}"))`),
    });

  const editor: Editor = {
    page,
    folder,
    server,
    errors,
    git: (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }),
    async command(title) {
      const input = page.locator('.quick-input-widget:visible input').first();
      const row = page
        .locator(
          `.quick-input-list .monaco-list-row[aria-label="${title}"], .quick-input-list .monaco-list-row[aria-label^="${title},"]`,
        )
        .first();
      for (let opened = 1; ; opened++) {
        // The first key of a fresh window may come before its keybindings are there.
        for (let tries = 1; !(await input.isVisible()); tries++) {
          await page.keyboard.press('F1');
          await input.waitFor({ timeout: 3000 }).catch((cause: unknown) => {
            if (tries >= 10) throw new Error('the palette does not open', { cause });
          });
        }
        await input.fill(`>${title}`);
        try {
          await row.click({ timeout: 8000 });
          return;
        } catch (cause) {
          const others = await page
            .locator('.quick-input-list .monaco-list-row')
            .evaluateAll((rows) => rows.map((one) => one.getAttribute('aria-label')));
          if (opened === 3)
            throw new Error(`The palette does not offer “${title}” for long enough, but: ${others.join(' | ')}`, {
              cause,
            });
        }
        // It lists what applied when it was opened; a window that is just starting has more a moment later. And it goes when something else takes the focus.
        if (await input.isVisible()) await page.keyboard.press('Escape');
        await input.waitFor({ state: 'hidden' });
      }
    },
    async openSideBar() {
      const action = page.locator('.activitybar .action-item a[aria-label^="OpenExec"]').first();
      await action.waitFor({ timeout: 30_000 });
      const title = page.locator('.sidebar .composite.title', { hasText: 'OpenExec' });
      // A window that restores itself may open it in the very moment of the click, which would then close it.
      for (let tries = 1; !(await title.isVisible()); tries++) {
        if (tries > 5) throw new Error('the side bar does not open');
        await page.waitForTimeout(tries * 500);
        // A badge may lie over it; a click on that counts just as well.
        if (!(await title.isVisible()))
          await action.click({ timeout: 5000, force: true }).catch((cause: unknown) => {
            if (tries === 5) throw new Error('the side bar’s action cannot be clicked', { cause });
          });
        await title.waitFor({ timeout: 5000 }).catch((cause: unknown) => {
          if (tries === 5) throw new Error('the side bar does not open', { cause });
        });
      }
    },
    // In one look: rows come and go while they are asked one by one.
    rows: (view) =>
      pane(view)
        .locator('.monaco-list-row')
        .evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? (row as HTMLElement).innerText)),
    row: (view, text) => pane(view).locator('.monaco-list-row', { hasText: text }).first(),
    async webview(selector) {
      const deadline = Date.now() + 30_000;
      while (Date.now() < deadline) {
        for (const frame of page.frames())
          if (
            frame !== page.mainFrame() &&
            (await frame
              .locator(selector)
              .count()
              .catch(() => 0)) > 0
          )
            return frame;
        await page.waitForTimeout(200);
      }
      throw new Error(`no webview holds ${selector}`);
    },
    async quickInput(text) {
      const input = page.locator('.quick-input-widget:visible input').first();
      await input.waitFor();
      await input.fill(text);
      await page.keyboard.press('Enter');
    },
    statusBar: async () =>
      (await page.locator('.statusbar-item[id*="openexec"]').allInnerTexts()).join(' ').replace(/\s+/g, ' ').trim(),
    notifications: () => page.locator('.notification-list-item-message').allInnerTexts(),
    async picture(name) {
      mkdirSync(pictures, { recursive: true });
      const size = page.viewportSize() ?? { width: 1280, height: 800 };
      await page.mouse.move(size.width * 0.6, size.height - 8); // nothing is hovered in the middle of the status bar
      await page
        .locator('.monaco-hover:visible, .workbench-hover-container:visible')
        .first()
        .waitFor({ state: 'hidden', timeout: 2000 })
        .catch(() => undefined); // a picture with a tooltip is still a picture
      await page.screenshot({ path: path.join(pictures, `${name}-${dark ? 'dark' : 'light'}.png`) });
    },
    diagnose() {
      const cli = [path.join(top, 'dist', 'cli.js'), 'show', '--events'];
      try {
        return execFileSync(process.execPath, cli, {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, OPENEXEC_HOME: home },
          timeout: 20_000,
        });
      } catch (error) {
        return `openexec show failed: ${String(error)}`;
      }
    },
    async axe(frame) {
      await frame.addScriptTag({ path: axeSource }).catch(async () => {
        // A strict policy refuses foreign scripts; the page's own debugger does not.
        const { readFileSync } = await import('node:fs');
        await frame.evaluate(readFileSync(axeSource, 'utf8'));
      });
      const found = await frame.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[]; html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.map(({ target, html }) => `${target.join(' ')} ${html.slice(0, 120)}`),
        }));
      });
      return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node}`));
    },
    async reload(settleMs = 6000) {
      await page.waitForTimeout(settleMs);
      await page.reload();
      await ready();
    },
    async close() {
      await context.close();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
      if (options.folder === undefined) rmSync(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return editor;
}
