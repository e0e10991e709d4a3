/** What the page is sent of the run it watches: its events in batches, its progress at most ten times a second. */
import type { Progress, RunEvent } from '../../core/model/event.js';
import type { ToWebview } from '../../protocol/panel.js';

const EVENT_DELAY_MS = 30;
const PROGRESS_DELAY_MS = 100;
const PROGRESS_CHARS = 4000;

export interface WatchedRun {
  /** From now on this run, its events from after `after` on; none without one. What waits to be sent is dropped. */
  watch(run?: { run: string; after: number }): void;
  onEvent(event: RunEvent): void;
  onProgress(item: Progress): void;
}

export function createWatchedRun(post: (message: ToWebview) => void): WatchedRun {
  let watched: { run: string; after: number } | undefined;
  let events: RunEvent[] = [];
  const progress = new Map<string, Progress>();
  let eventTimer: ReturnType<typeof setTimeout> | undefined;
  let progressTimer: ReturnType<typeof setTimeout> | undefined;

  const sendEvents = (): void => {
    eventTimer = undefined;
    const batch = events;
    events = [];
    if (batch.length > 0 && watched) post({ type: 'events', run: watched.run, events: batch });
  };
  const sendProgress = (): void => {
    progressTimer = undefined;
    const items = [...progress.values()];
    progress.clear();
    if (items.length > 0) post({ type: 'progress', items });
  };

  return {
    watch(run) {
      watched = run;
      events = [];
      progress.clear();
      clearTimeout(eventTimer);
      clearTimeout(progressTimer);
      eventTimer = progressTimer = undefined;
    },
    onEvent(event) {
      if (event.run !== watched?.run || event.seq <= watched.after) return;
      events.push(event);
      eventTimer ??= setTimeout(sendEvents, EVENT_DELAY_MS);
    },
    onProgress(item) {
      if (item.run !== watched?.run) return;
      const key = `${item.task}\n${item.stage}\n${item.kind}`;
      const earlier = progress.get(key);
      progress.set(key, { ...item, text: ((earlier?.text ?? '') + item.text).slice(-PROGRESS_CHARS) });
      progressTimer ??= setTimeout(sendProgress, PROGRESS_DELAY_MS);
    },
  };
}
