/** The panel's own bundle in a real Chromium: from the start of loading its page to the timeline standing and answering, with 1,000 events. */
import { chromium } from 'playwright-core';
import { serve } from '../webview/harness/serve.js';
import { median, runGroups, type Group } from './measure.js';

const ROUNDS = 5;

const open1k: Group = {
  names: ['panel.open1k'],
  async run() {
    const executablePath = process.env['OPENEXEC_BENCH_CHROMIUM'] ?? '';
    const served = await serve();
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    try {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
        await page.goto(served.url('long-1000', 'dark', { tab: 'run', root: '/home/ada/quotes-api', follow: false }));
        await page.getByRole('tree').waitFor({ timeout: 25_000 });
        // The page marks when the events are caught up and the rows stand; the next turn of its loop can answer a click.
        times.push(await page.evaluate(() => new Promise<number>((resolve) => {
          const look = (): void => {
            if (performance.getEntriesByName('openexec-timeline').length > 0) setTimeout(() => resolve(performance.now()));
            else requestAnimationFrame(look);
          };
          look();
        })));
        await page.getByRole('button', { name: 'Unfold All' }).click();
        if ((await page.getByRole('treeitem').count()) === 0) throw new Error('the timeline shows nothing');
        await page.close();
      }
      return [{ name: 'panel.open1k', value: median(times), unit: 'ms', target: { atMost: 1000 }, note: `from the start of loading, ${times.map((ms) => ms.toFixed(0)).join(', ')}` }];
    } finally {
      await browser.close();
      await served.close();
    }
  },
};

void runGroups([open1k], process.argv[2] ?? '');
