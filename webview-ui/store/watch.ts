/** The run that is watched: read from its beginning, then told as it goes on. */
import type { Progress, RunEvent } from '../../src/core/model/event.js';
import { applyEvent, emptyRun } from '../../src/core/model/run.js';
import { createFeed, type Feed } from '../../src/core/view/feed.js';
import { absenceSince } from './absence.js';
import { applyToHistory, emptyHistory } from './history.js';
import { applyToOutline, emptyOutline } from './outline.js';
import type { LiveRun, Page } from './page.js';
import { applyToReport, emptyReport } from './report.js';
import type { Travel } from './travel.js';

const SEEN_MS = 3000;

export interface Watch {
  /** Nothing happens where this run is watched already. */
  follow(run: string | null): void;
  leave(): void;
  /** The host starts each connection without a subscription. */
  again(): void;
  onEvents(told: { run: string; events: readonly RunEvent[] }): void;
  onProgress(items: readonly Progress[]): void;
}

export function createWatch(page: Page, travel: Travel): Watch {
  const { host, now, set } = page;
  let feed: Feed | undefined;
  let seeing: ReturnType<typeof setTimeout> | undefined;

  function start(id: string): void {
    feed?.stop();
    const run: LiveRun = {
      id,
      state: emptyRun(id),
      outline: emptyOutline(),
      report: emptyReport(),
      history: emptyHistory(id),
      tail: new Map(),
    };
    set({ run, moment: null, absence: null, caughtUp: false });
    host.send({ type: 'subscribe', run: id, after: 0 });
    const own = (feed = createFeed({
      fetch: (after, limit) => host.request('run/events', { run: id, after, limit }),
      onEvents(events) {
        for (const event of events) fold(run, event);
        page.bump();
        if (now().caughtUp) see();
      },
      onCaughtUp() {
        const { caughtUp, absence, view, version } = now();
        // at the first reading: what is kept is where the person left it
        set({
          caughtUp: true,
          absence: caughtUp ? absence : absenceSince(run.history, run.state, view.seen, Date.now()),
          version: version + 1,
        });
        see();
        if (now().view.at !== null && !now().moment) travel.scrub(now().view.at); // where the person left it
      },
      onError: (error) => page.fail(error, () => void own.start()),
    }));
    void own.start();
  }

  /** Remembers what is on the screen, not more often than every few seconds. */
  function see(): void {
    seeing ??= setTimeout(() => {
      seeing = undefined;
      const { run, view } = now();
      if (!run || document.visibilityState !== 'visible') return;
      page.keep({ ...view, seen: { run: run.id, seq: run.history.events.length, at: Date.now() } });
    }, SEEN_MS);
  }

  function leave(): void {
    feed?.stop();
    feed = undefined;
    set({ run: null, moment: null, absence: null, caughtUp: true });
  }

  return {
    follow(id) {
      if (id === (now().run?.id ?? null)) return;
      if (id === null) leave();
      else start(id);
    },
    leave,
    again() {
      const { run } = now();
      if (!run) return;
      host.send({ type: 'subscribe', run: run.id, after: run.state.seq });
      void feed?.start();
    },
    onEvents({ run, events }) {
      if (run === now().run?.id) feed?.push(events);
    },
    onProgress(items) {
      const { run } = now();
      for (const item of items)
        if (item.run === run?.id)
          run.tail.set(item.task, { ...item, text: ((run.tail.get(item.task)?.text ?? '') + item.text).slice(-2000) });
      page.bump();
    },
  };
}

function fold(run: LiveRun, event: RunEvent): void {
  applyEvent(run.state, event);
  applyToOutline(run.outline, event);
  applyToReport(run.report, event);
  applyToHistory(run.history, event, run.state);
  if (event.type === 'stage-finished' || event.type === 'model-called' || event.type === 'command-run')
    run.tail.delete(event.task);
}
