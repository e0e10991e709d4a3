/** A real Chromium on the panel's own bundle, with what it complains about and what axe finds. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { browserArguments } from '../../../scripts/lib/browser.mjs';
import { START } from './data.js';
import { serve } from './serve.js';
import type { Theme } from './themes.js';

export const shots = path.resolve(import.meta.dirname, '../../../test-results/webview');
const executable = process.env['OPENEXEC_BENCH_CHROMIUM'] ?? process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const axe = (): Promise<string> => readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Opened {
  page: Page;
  /** What the browser complained about: the policy, errors, warnings of React. */
  complaints: string[];
}
export interface OpenOptions {
  theme?: Theme;
  width?: number;
  state?: Record<string, unknown>;
  motion?: 'reduce';
}
export interface Chromium {
  /** A page of its own, such as the start line's. */
  blank(html: string, size: { width: number; height: number }): Promise<Page>;
  open(scene: string, given?: OpenOptions): Promise<Opened>;
  close(): Promise<void>;
}

/** `args` are added to the browser's own. */
export async function openBrowser(args: readonly string[] = []): Promise<Chromium> {
  if (!existsSync(executable))
    throw new Error(`These tests need Chromium at ${executable}: apt-get install chromium, or set CHROMIUM.`);
  await mkdir(shots, { recursive: true });
  const served = await serve();
  const browser = await chromium.launch({ executablePath: executable, args: [...browserArguments, ...args] });
  return {
    async open(scene, given = {}) {
      const page = await browser.newPage({
        viewport: { width: given.width ?? 1200, height: given.width === 300 ? 900 : 800 },
        reducedMotion: given.motion ?? null,
        timezoneId: 'UTC',
      });
      const complaints: string[] = [];
      page.on('console', (message) => message.type() !== 'log' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      // the long runs are timed, and a set clock stops the page's own
      if (!/^(long|real)-/.test(scene)) await page.clock.setFixedTime(START + 75_000);
      await page.goto(served.url(scene, given.theme ?? 'dark', given.state));
      return { page, complaints };
    },
    async blank(html, viewport) {
      const page = await browser.newPage({ viewport });
      await page.setContent(html);
      return page;
    },
    async close() {
      await browser.close();
      await served.close();
    },
  };
}

export const state = (tab: string, more: Record<string, unknown> = {}) => ({
  tab,
  root: '/home/ada/quotes-api',
  ...more,
});

/** Serious and critical faults of accessibility. */
export async function serious(page: Page): Promise<string[]> {
  await page.evaluate(await axe());
  const found = await page.evaluate(async () => {
    const run = (
      window as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe;
    return (await run.run()).violations;
  });
  return found
    .filter((each) => each.impact === 'serious' || each.impact === 'critical')
    .map((each) => `${each.id}: ${each.nodes[0]?.html} ${each.nodes[0]?.failureSummary}`);
}
