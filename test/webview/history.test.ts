import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/model/event.js';
import { applyEvent, emptyRun, type RunState } from '../../src/core/model/run.js';
import {
  applyToHistory,
  emptyHistory,
  nextMark,
  previousMark,
  rowOf,
  stateAt,
  type History,
} from '../../webview-ui/store/history.js';
import { nodeAt, rowsAt } from '../../webview-ui/store/moment.js';
import {
  applyToOutline,
  emptyOutline,
  visibleRows,
  type Outline,
  type OutlineNode,
} from '../../webview-ui/store/outline.js';
import * as scenes from './harness/scenes.js';

function build(events: readonly RunEvent[]): { history: History; outline: Outline; state: RunState } {
  const built = { history: emptyHistory('run_01'), outline: emptyOutline(), state: emptyRun('run_01') };
  for (const event of events) {
    applyEvent(built.state, event);
    applyToOutline(built.outline, event);
    applyToHistory(built.history, event, built.state);
  }
  return built;
}
const fold = (events: readonly RunEvent[], seq: number): RunState =>
  events.slice(0, seq).reduce(applyEvent, emptyRun('run_01'));
const events = (world: ReturnType<typeof scenes.live>): RunEvent[] => world.runs[0]?.events ?? [];
const worlds = {
  live: events(scenes.live()),
  failed: events(scenes.failed()),
  paused: events(scenes.paused()),
  interrupted: events(scenes.interrupted()),
};

describe('an earlier moment of a run', () => {
  it('is the state folded up to there, in whatever order moments are asked for', () => {
    for (const all of Object.values(worlds)) {
      const { history } = build(all);
      const moments = all.map((event) => event.seq);
      for (const seq of [...moments, ...moments.toReversed(), 1, moments.length, 7])
        expect(stateAt(history, seq)).toEqual(fold(all, seq));
    }
  });

  it('is found over a long run without folding it from the start, and changes nothing of now', () => {
    const all = events(scenes.long(20_000));
    const { history, state } = build(all);
    expect(history.copies.length).toBeGreaterThan(20);
    expect(history.copies.length).toBeLessThanOrEqual(64);
    const before = structuredClone(state);
    for (const seq of [19_999, 3, 10_000, 9_999, 10_001, 1, all.length])
      expect(stateAt(history, seq)).toEqual(fold(all, seq));
    expect(state).toEqual(before);
    expect(history.spacing * history.copies.length).toBeLessThanOrEqual(all.length);
    expect(history.spacing).toBeLessThanOrEqual(all.length / 20);
  });

  it('shows the rows, and says of each, what the timeline showed then', () => {
    const says = (rows: readonly OutlineNode[]) =>
      rows.map(
        (node) =>
          `${node.id} ${node.kind === 'task' ? '' : node.state} ${node.kind === 'task' ? '' : node.event?.type} ${node.kind === 'task' ? '' : node.durationMs}`,
      );
    for (const all of Object.values(worlds)) {
      const { outline } = build(all);
      for (let seq = 1; seq <= all.length; seq++) {
        const then = build(all.slice(0, seq)).outline;
        expect(says(rowsAt(outline, seq).map((node) => nodeAt(node, seq))), `event ${seq}`).toEqual(
          says(visibleRows(then)),
        );
      }
    }
  });

  it('counts one fault once, and finds errors and questions in both directions', () => {
    const { history } = build(worlds.failed);
    const what = history.errors
      .map((seq) => worlds.failed[seq - 1]!)
      .map((event) => (event.type === 'command-run' ? event.command : event.type));
    expect(what).toEqual(['npm run lint', 'node --test test/rate.test.ts', 'node --test test/rate.test.ts']);
    const [first, second] = history.errors as [number, number];
    expect(nextMark(history.errors, 0)).toBe(first);
    expect(nextMark(history.errors, first)).toBe(second);
    expect(previousMark(history.errors, second)).toBe(first);
    expect(previousMark(history.errors, first)).toBeUndefined();
    expect(nextMark(history.errors, worlds.failed.length)).toBeUndefined();
  });

  it('has a row of the timeline for every event but the first', () => {
    for (const all of Object.values(worlds)) {
      const { outline } = build(all);
      const without = all.filter((event) => !outline.byId.has(rowOf(event))).map((event) => event.type);
      expect(without).toEqual(['run-created']);
    }
  });
});
