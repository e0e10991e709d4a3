/** Measures the page at work: how long its own code takes in each frame while it is scrolled or scrubbed, and its heap after a collection. */
import type { JSHandle, Page } from 'playwright-core';

export interface Frames {
  /** ms between frames, as the person sees them. */
  between: { median: number; p95: number; worst: number };
  /** ms from what the hand did to the page being laid out for it. */
  work: { median: number; p95: number; worst: number };
  /** ms of processor time of the page's main thread for each frame, all in all: other work on the machine changes it little, the machine's speed much. */
  cpu: number;
  says: string;
}

/** ms from the start of loading the page to the rows standing. */
export const untilReady = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const [mark] = performance.getEntriesByName('openexec-timeline');
          if (mark) resolve(mark.startTime);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );

/** JS heap in MB, garbage collected first. Needs `--js-flags=--expose-gc`. */
export async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1024 / 1024;
}

type Raw = { between: number[]; work: number[] };

const FRAMES = 120;

async function measured(page: Page, play: () => Promise<Raw>): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async (): Promise<number> =>
    (await session.send('Performance.getMetrics')).metrics.find((each) => each.name === 'TaskDuration')?.value ??
    Number.NaN;
  const before = await busy();
  const raw = await play();
  const cpu = (((await busy()) - before) * 1000) / FRAMES;
  await session.detach();
  return judged(raw, cpu);
}

/** Does the same thing in every frame, and has what it leads to laid out at once. */
const eachFrame = (page: Page, act: JSHandle<(turn: number) => HTMLElement>): Promise<Raw> =>
  page.evaluate(
    ([inFrame, frames]) =>
      new Promise<Raw>((resolve) => {
        const raw: Raw = { between: [], work: [] };
        let last = performance.now();
        let turn = 0;
        const step = (): void => {
          const start = performance.now();
          raw.between.push(start - last);
          last = start;
          void inFrame(turn).offsetHeight;
          raw.work.push(performance.now() - start);
          turn += 1;
          if (turn < frames) requestAnimationFrame(step);
          else resolve(raw);
        };
        requestAnimationFrame(step);
      }),
    [act, FRAMES] as const,
  );

/** The whole timeline, some of it by far jumps; how many rows were then drawn, and how high all of them are. */
export async function scrollFrames(page: Page): Promise<Frames & { rows: number; height: number }> {
  const tree = page.getByRole('tree');
  const height = await tree.evaluate((element) => element.scrollHeight);
  const scroll = await tree.evaluateHandle(
    (element, frames) => (turn: number) => {
      const far = turn % 10 === 0;
      element.scrollTop = far ? (element.scrollHeight * turn) / frames : element.scrollTop + 330;
      element.dispatchEvent(new Event('scroll')); // the browser's own comes with the next frame; this one is in the time measured
      return element as HTMLElement;
    },
    FRAMES,
  );
  const frames = await measured(page, () => eachFrame(page, scroll));
  return { ...frames, rows: await page.getByRole('treeitem').count(), height };
}

/** A drag along the scrubber, there and back, one move a frame. */
export const scrubFrames = (page: Page): Promise<Frames> =>
  measured(page, () =>
    page.evaluate(
      () =>
        new Promise<Raw>((resolve) => {
          const track = document.querySelector<HTMLElement>('[role=slider]')!;
          const box = track.getBoundingClientRect();
          track.setPointerCapture = () => undefined;
          track.hasPointerCapture = () => true;
          const raw: Raw = { between: [], work: [] };
          const at = (share: number): PointerEventInit => ({
            bubbles: true,
            pointerId: 1,
            clientX: box.left + box.width * share,
            clientY: box.top + 5,
          });
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
        }),
    ),
  );

/**
 * Bare drawing: each frame puts forty rows of plain HTML in the place of forty others. What the page costs, told in this, is the
 * same on a slow machine and on a fast one.
 */
export async function plainFrames(page: Page): Promise<Frames> {
  const place = await page.evaluateHandle(() => {
    const sheet = new CSSStyleSheet(); // the page's policy refuses styles in HTML
    sheet.replaceSync(`
      .plain { position: fixed; inset: 0 0 200px; overflow: hidden; background: #222; color: #ddd; font: 13px sans-serif; }
      .plain div { display: flex; gap: 4px; height: 22px; white-space: nowrap; }
      .plain span { width: 60px; overflow: hidden; text-overflow: ellipsis; }
      .plain span:nth-child(3) { width: 400px; }`);
    document.adoptedStyleSheets.push(sheet);
    const element = document.body.appendChild(document.createElement('div'));
    element.className = 'plain';
    return element;
  });
  const draw = await place.evaluateHandle((element) => (turn: number) => {
    const row = (n: number): string =>
      `<div>${[0, 1, 2, 3, 4, 5].map((cell) => `<span>row ${n}, cell ${cell} of the plain rows</span>`).join('')}</div>`;
    element.innerHTML = Array.from({ length: 40 }, (_, at) => row(turn * 40 + at)).join('');
    return element as HTMLElement;
  });
  const frames = await measured(page, () => eachFrame(page, draw));
  await place.evaluate((element) => {
    element.remove();
    document.adoptedStyleSheets.pop();
  });
  return frames;
}

function judged(raw: Raw, cpu: number): Frames {
  const of = (times: number[]) => {
    const sorted = times.slice(1).toSorted((a, b) => a - b);
    return {
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
      worst: sorted.at(-1) ?? 0,
    };
  };
  const between = of(raw.between);
  const work = of(raw.work);
  return {
    between,
    work,
    cpu,
    says: `processor ${cpu.toFixed(1)} ms a frame, work median ${work.median.toFixed(1)} ms, p95 ${work.p95.toFixed(1)}; frame median ${between.median.toFixed(1)} ms, p95 ${between.p95.toFixed(1)}`,
  };
}
