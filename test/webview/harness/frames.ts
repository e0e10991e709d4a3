/** Measures the page at work: how long its own code takes in each frame while it is scrolled or scrubbed, and its heap after a collection. */
import type { Page } from 'playwright-core';

export interface Frames {
  /** ms between frames, as the person sees them. */
  between: { median: number; p95: number; worst: number };
  /** ms from what the hand did to the page being laid out for it. */
  work: { median: number; p95: number; worst: number };
  /** ms of processor time of the page's main thread for each frame, all in all: other work on the machine changes it little, the machine's speed much. */
  cpu: number;
  rows: number;
  height: number;
  says: string;
}

/** ms from the start of loading the page to the rows standing. */
export const untilReady = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise<number>((resolve) => {
    const look = (): void => {
      const [mark] = performance.getEntriesByName('openexec-timeline');
      if (mark) resolve(mark.startTime);
      else requestAnimationFrame(look);
    };
    look();
  }));

/** JS heap in MB, garbage collected first. Needs `--js-flags=--expose-gc`. */
export async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1024 / 1024;
}

type Raw = { between: number[]; work: number[]; rows: number; height: number };

const FRAMES = 120;

async function measured(page: Page, play: () => Promise<Raw>): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async (): Promise<number> => (await session.send('Performance.getMetrics')).metrics.find((each) => each.name === 'TaskDuration')?.value ?? Number.NaN;
  const before = await busy();
  const raw = await play();
  const cpu = ((await busy()) - before) * 1000 / FRAMES;
  await session.detach();
  return judged(raw, cpu);
}

/** A hundred and twenty frames over the whole timeline, some of them far jumps. */
export const scrollFrames = (page: Page): Promise<Frames> =>
  measured(page, () => page.evaluate(() => new Promise<Raw>((resolve) => {
    const tree = document.querySelector('[role=tree]')!;
    const raw: Raw = { between: [], work: [], rows: 0, height: tree.scrollHeight };
    let last = performance.now();
    let turn = 0;
    const step = (): void => {
      const start = performance.now();
      raw.between.push(start - last);
      last = start;
      const far = turn % 10 === 0;
      tree.scrollTop = far ? (tree.scrollHeight * turn) / 120 : tree.scrollTop + 330;
      tree.dispatchEvent(new Event('scroll')); // the browser's own comes with the next frame; this one is in the time measured
      void (tree as HTMLElement).offsetHeight;
      raw.work.push(performance.now() - start);
      turn += 1;
      if (turn < 120) requestAnimationFrame(step);
      else {
        raw.rows = document.querySelectorAll('[role=treeitem]').length;
        resolve(raw);
      }
    };
    requestAnimationFrame(step);
  })));

/** A drag along the scrubber, there and back, one move a frame. */
export const scrubFrames = (page: Page): Promise<Frames> =>
  measured(page, () => page.evaluate(() => new Promise<Raw>((resolve) => {
    const track = document.querySelector<HTMLElement>('[role=slider]')!;
    const box = track.getBoundingClientRect();
    track.setPointerCapture = () => undefined;
    track.hasPointerCapture = () => true;
    const raw: Raw = { between: [], work: [], rows: 0, height: 0 };
    const at = (share: number): PointerEventInit => ({ bubbles: true, pointerId: 1, clientX: box.left + box.width * share, clientY: box.top + 5 });
    track.dispatchEvent(new PointerEvent('pointerdown', at(0.5)));
    let last = performance.now();
    let turn = 0;
    const step = (): void => {
      const now = performance.now();
      raw.between.push(now - last);
      last = now;
      let begin = 0;
      // the page answers a move in its next frame: what stands between these two callbacks there is its work
      requestAnimationFrame(() => (begin = performance.now()));
      track.dispatchEvent(new PointerEvent('pointermove', at(0.5 + 0.45 * Math.sin((turn / 60) * Math.PI * 2))));
      requestAnimationFrame(() => {
        void document.body.offsetHeight;
        raw.work.push(performance.now() - begin);
        turn += 1;
        if (turn < 120) step();
        else resolve(raw);
      });
    };
    requestAnimationFrame(step);
  })));

/**
 * As many frames of bare drawing: each puts forty rows of plain HTML in the place of forty others and has them laid out.
 * What the page costs, told in this, is the same on a slow machine and on a fast one.
 */
export const plainFrames = (page: Page): Promise<Frames> =>
  measured(page, () => page.evaluate((frames) => new Promise<Raw>((resolve) => {
    const sheet = new CSSStyleSheet(); // the page's policy refuses styles in HTML
    sheet.replaceSync(`
      .plain { position: fixed; inset: 0 0 200px; overflow: hidden; background: #222; color: #ddd; font: 13px sans-serif; }
      .plain div { display: flex; gap: 4px; height: 22px; white-space: nowrap; }
      .plain span { width: 60px; overflow: hidden; text-overflow: ellipsis; }
      .plain span:nth-child(3) { width: 400px; }`);
    document.adoptedStyleSheets.push(sheet);
    const place = document.body.appendChild(document.createElement('div'));
    place.className = 'plain';
    const row = (n: number): string => `<div>${[0, 1, 2, 3, 4, 5].map((cell) => `<span>row ${n}, cell ${cell} of the plain rows</span>`).join('')}</div>`;
    const raw: Raw = { between: [], work: [], rows: 40, height: 40 * 22 };
    let last = performance.now();
    let turn = 0;
    const step = (): void => {
      const start = performance.now();
      raw.between.push(start - last);
      last = start;
      place.innerHTML = Array.from({ length: 40 }, (_, at) => row(turn * 40 + at)).join('');
      void place.offsetHeight;
      raw.work.push(performance.now() - start);
      turn += 1;
      if (turn < frames) requestAnimationFrame(step);
      else {
        place.remove();
        document.adoptedStyleSheets.pop();
        resolve(raw);
      }
    };
    requestAnimationFrame(step);
  }), FRAMES));

function judged(raw: Raw, cpu: number): Frames {
  const of = (times: number[]) => {
    const sorted = times.slice(1).toSorted((a, b) => a - b);
    return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0, worst: sorted.at(-1) ?? 0 };
  };
  const between = of(raw.between);
  const work = of(raw.work);
  return { between, work, cpu, rows: raw.rows, height: raw.height, says: `processor ${cpu.toFixed(1)} ms a frame, work median ${work.median.toFixed(1)} ms, p95 ${work.p95.toFixed(1)}; frame median ${between.median.toFixed(1)} ms, p95 ${between.p95.toFixed(1)}` };
}
