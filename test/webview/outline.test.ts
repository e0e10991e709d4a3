import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/model/event.js';
import {
  applyToOutline,
  emptyOutline,
  matchingRows,
  reveal,
  setAllOpen,
  setOpen,
  visibleRows,
  type Outline,
  type OutlineNode,
} from '../../webview-ui/store/outline.js';
import * as scenes from './harness/scenes.js';

const build = (events: readonly RunEvent[]): Outline => {
  const outline = emptyOutline();
  for (const event of events) applyToOutline(outline, event);
  return outline;
};
const text = (rows: readonly OutlineNode[]): string[] =>
  rows.map((node) => {
    const what =
      node.event && 'visit' in node.event
        ? `${node.event.stage}/${node.event.visit}`
        : node.kind === 'task'
          ? node.task
          : node.kind === 'attempt'
            ? `attempt ${node.attempt}`
            : node.kind;
    return `${'  '.repeat(node.depth)}${what} ${node.state}`;
  });
const events = (world: ReturnType<typeof scenes.live>): RunEvent[] => world.runs[0]?.events ?? [];

describe('the outline of a run', () => {
  it('folds what is done and keeps open what is at work', () => {
    expect(text(visibleRows(build(events(scenes.live()))))).toEqual([
      'run info',
      'T-US-001-001 ok',
      'T-US-002-001 ok',
      'T-US-002-002 waiting',
      '  check ok',
      '  implement/1 ok',
      '  test/1 failed',
      '  fix_tests/1 running',
      '    model ok',
      '    decision info',
      '    approval waiting',
    ]);
  });

  it('shows what a task proposed about the plan in the stage that found it, beside its work and not as a failure', () => {
    const all = events(scenes.live());
    const last = all.findLast((event) => event.type === 'stage-started')!;
    const proposed: RunEvent = {
      ...{ v: 1, run: last.run, seq: all.length + 1, at: last.at },
      type: 'plan-proposed',
      call: `${last.step}/9`,
      step: last.step,
      task: last.task,
      plan: 'p',
      proposal: `${last.step}/9`,
      kind: 'scope-discovery',
      message: 'The rows have no owner.',
      added: ['Migrate the rows'],
      changed: [],
    };
    const row = visibleRows(build([...all, proposed])).at(-1)!;
    expect([row.event?.type, row.kind, row.state, row.depth]).toEqual(['plan-proposed', 'warning', 'info', 2]);
  });

  it('gives a later attempt a row of its own, and the first none', () => {
    const rows = text(visibleRows(build(events(scenes.failed()))));
    expect(rows.slice(rows.indexOf('T-US-002-003 failed'), rows.indexOf('T-US-002-003 failed') + 4)).toEqual([
      'T-US-002-003 failed',
      '  verify/1 failed',
      '  attempt 2 failed',
      '    verify/1 failed',
    ]);
  });

  it('shows the same rows whether built at once or read after every event', () => {
    for (const world of [scenes.live(), scenes.failed(), scenes.paused(), scenes.interrupted()]) {
      const stepwise = emptyOutline();
      for (const event of events(world)) {
        applyToOutline(stepwise, event);
        const quick = [...visibleRows(stepwise)];
        stepwise.stale = true;
        expect(quick).toEqual([...visibleRows(stepwise)]);
      }
      expect(text(visibleRows(stepwise))).toEqual(text(visibleRows(build(events(world)))));
    }
  });

  it('does not fold by itself what the person has opened', () => {
    const all = events(scenes.live());
    const end = all.findIndex((event) => event.type === 'stage-finished' && event.stage === 'gather_context');
    const outline = build(all.slice(0, end));
    const stage = visibleRows(outline).find((node) => node.kind === 'stage')!;
    setOpen(outline, stage, false);
    setOpen(outline, stage, true);
    applyToOutline(outline, all[end]!);
    expect(stage).toMatchObject({ state: 'ok', open: true });
  });

  it('opens everything a row lies in, so that it can be shown', () => {
    const outline = build(events(scenes.failed()));
    const hidden = [...outline.byId.values()].find((node) => node.kind === 'commit')!;
    expect(visibleRows(outline)).not.toContain(hidden);
    reveal(outline, hidden);
    expect(visibleRows(outline)).toContain(hidden);
    setAllOpen(outline, true);
    expect(visibleRows(outline)).toHaveLength(outline.byId.size);
    setAllOpen(outline, false);
    expect(visibleRows(outline)).toEqual(outline.top);
  });

  it('keeps with a match what it lies in, also where it is folded', () => {
    const outline = build(events(scenes.live()));
    expect(text(matchingRows(outline, (node) => node.kind === 'commit'))).toEqual([
      'T-US-001-001 ok',
      '  commit/1 ok',
      '    commit ok',
      'T-US-002-001 ok',
      '  commit/1 ok',
      '    commit ok',
    ]);
  });

  it('extends the list of rows instead of making it anew while a stage works', () => {
    const outline = build(events(scenes.long(1000)).slice(0, 4));
    const rows = visibleRows(outline);
    for (const event of events(scenes.long(1000)).slice(4, 20)) applyToOutline(outline, event);
    expect(outline.stale).toBe(false);
    expect(visibleRows(outline)).toBe(rows);
  });
});
