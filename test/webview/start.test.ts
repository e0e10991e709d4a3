/** The start line at the sizes a side bar gives it. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHtml } from '../../src/vscode/views/start-html.js';
import { openBrowser, serious, shots, type Chromium } from './harness/browser.js';
import { themeCss } from './harness/themes.js';

let chromium: Chromium;
beforeAll(async () => {
  chromium = await openBrowser();
}, 60_000);
afterAll(() => chromium?.close());

/** As VS Code hosts it: with its host object and its colours. */
const hosted = (): string =>
  startHtml({
    nonce: 'dGVzdA',
    lang: 'en',
    enabled: true,
    label: 'What do you want to build?',
    example: 'e.g. add validation to POST /quotes',
    button: 'Plan',
  })
    .replace(
      '<style nonce="dGVzdA">',
      `<style nonce="dGVzdA">${themeCss('dark')} body { background: var(--vscode-editor-background); } `,
    )
    .replace(
      '<script nonce="dGVzdA">',
      '<script nonce="dGVzdA">window.sent = []; window.acquireVsCodeApi = () => ({ getState: () => null, setState: () => undefined, postMessage: (m) => window.sent.push(m) });',
    );

describe('the start line', () => {
  it('shows its field and its whole button at every width and height a side bar gives', async () => {
    for (const [width, height] of [
      [170, 90],
      [170, 160],
      [300, 110],
      [600, 90],
    ] as const) {
      const page = await chromium.blank(hosted(), { width, height });
      const button = (await page.getByRole('button', { name: 'Plan' }).boundingBox())!;
      const field = (await page.getByRole('textbox', { name: 'What do you want to build?' }).boundingBox())!;
      expect(button.y + button.height, `${width} × ${height}`).toBeLessThanOrEqual(height);
      expect(field.height).toBeGreaterThanOrEqual(24);
      expect(field.y + field.height).toBeLessThanOrEqual(button.y);
      expect(button.x + button.width).toBeLessThanOrEqual(width);
      await page.screenshot({ path: path.join(shots, `start-${width}-${height}.png`) });
      await page.close();
    }
  });

  it('sends the text by Enter, keeps Shift+Enter for a new line, and sends nothing empty', async () => {
    const page = await chromium.blank(hosted(), { width: 300, height: 160 });
    const sent = () => page.evaluate(() => (window as unknown as { sent: unknown[] }).sent);
    const field = page.getByRole('textbox');
    await field.press('Enter');
    expect(await sent()).toEqual([]);
    await field.fill('List quotes');
    await field.press('Shift+Enter');
    await field.pressSequentially('by author');
    expect(await sent()).toEqual([]);
    await field.press('Enter');
    expect(await sent()).toEqual([{ type: 'plan', intent: 'List quotes\nby author' }]);
    expect(await serious(page)).toEqual([]);
    await page.close();
  });
});
