/** The panel's own bundle in a real Chromium: how soon a run's timeline stands and answers, and what 100,000 events cost in frames and memory. */
import { openBrowser, state, type Chromium } from '../webview/harness/browser.js';
import { heapMb, scrollFrames, scrubFrames, untilReady } from '../webview/harness/frames.js';
import { median, runGroups, type Group, type Result } from './measure.js';

const ROUNDS = 5;

async function inBrowser(work: (chromium: Chromium) => Promise<Result[]>): Promise<Result[]> {
  const chromium = await openBrowser(['--js-flags=--expose-gc']);
  try {
    return await work(chromium);
  } finally {
    await chromium.close();
  }
}

const open1k: Group = {
  names: ['panel.open1k'],
  run: () =>
    inBrowser(async (chromium) => {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { page } = await chromium.open('long-1000', { state: state('run', { follow: false }) });
        await page.getByRole('tree').waitFor({ timeout: 25_000 });
        await untilReady(page);
        // the events are caught up and the rows stand; the next turn of the page's loop can answer a click
        times.push(
          await page.evaluate(() => new Promise<number>((resolve) => setTimeout(() => resolve(performance.now())))),
        );
        await page.getByRole('button', { name: 'Unfold All' }).click();
        if ((await page.getByRole('treeitem').count()) === 0) throw new Error('the timeline shows nothing');
        await page.close();
      }
      return [
        {
          name: 'panel.open1k',
          value: median(times),
          unit: 'ms',
          target: { atMost: 1000 },
          note: `from the start of loading, ${times.map((ms) => ms.toFixed(0)).join(', ')}`,
        },
      ];
    }),
};

const long: Group = {
  names: ['panel.scroll100k', 'panel.scrub100k', 'panel.heap100k'],
  run: () =>
    inBrowser(async (chromium) => {
      const { page } = await chromium.open('real-100000', { state: state('run', { follow: false }) });
      await untilReady(page);
      const scrub = await scrubFrames(page);
      await page.getByRole('button', { name: 'Back to Now' }).click();
      await page.getByRole('button', { name: 'Unfold All' }).click();
      const scroll = await scrollFrames(page);
      const heap = await heapMb(page);
      return [
        {
          name: 'panel.scroll100k',
          value: scroll.cpu,
          unit: 'ms',
          target: { atMost: 16 },
          note: `processor time a frame; ${scroll.says}`,
        },
        {
          name: 'panel.scrub100k',
          value: scrub.cpu,
          unit: 'ms',
          target: { atMost: 16 },
          note: `processor time a frame of a drag; ${scrub.says}`,
        },
        {
          name: 'panel.heap100k',
          value: heap,
          unit: 'MB',
          target: { atMost: 150 },
          note: 'JS heap with every row unfolded',
        },
      ];
    }),
};

void runGroups([open1k, long], process.argv[2] ?? '');
