import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/model/event.js';
import { createFeed, eventPages } from '../../../src/core/view/feed.js';

const event = (seq: number): RunEvent => ({ v: 1, run: 'r', seq, at: seq, type: 'run-started' });
const range = (from: number, to: number): RunEvent[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => event(from + n));

/** A store of `stored` events, and what the feed gave. */
function start(stored: number) {
  const world = {
    stored,
    given: [] as number[],
    asked: [] as number[],
    caughtUp: 0,
    errors: [] as unknown[],
    fail: false,
  };
  const feed = createFeed({
    fetch: (after, limit) => {
      world.asked.push(after);
      return world.fail
        ? Promise.reject(new Error('gone'))
        : Promise.resolve(range(after + 1, Math.min(world.stored, after + limit)));
    },
    onEvents: (events) => world.given.push(...events.map((each) => each.seq)),
    onCaughtUp: () => (world.caughtUp += 1),
    onError: (error) => world.errors.push(error),
  });
  return { world, feed };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));
const upTo = (n: number) => range(1, n).map((each) => each.seq);

describe('a run’s events', () => {
  it('reads a long history page by page, each event once and in order', async () => {
    const { world, feed } = start(4500);
    void feed.start();
    await settled();
    expect(world.given).toEqual(upTo(4500));
    expect(world).toMatchObject({ asked: [0, 2000, 4000], caughtUp: 1 });
  });

  it('adds what is told live, and ignores what it has', async () => {
    const { world, feed } = start(3);
    void feed.start();
    await settled();
    feed.push([event(3), event(4), event(5)]);
    feed.push([event(5)]);
    expect(world.given).toEqual(upTo(5));
    expect(world.asked).toEqual([0]);
  });

  it('asks from its last when there is a gap', async () => {
    const { world, feed } = start(3);
    void feed.start();
    await settled();
    world.stored = 7;
    feed.push([event(7)]);
    await settled();
    expect(world.given).toEqual(upTo(7));
    expect(world.asked).toEqual([0, 3]);
  });

  it('loses nothing that is told while the history is read', async () => {
    const { world, feed } = start(3);
    void feed.start();
    world.stored = 5;
    feed.push([event(4)]);
    feed.push([event(5)]);
    await settled();
    expect(world.given).toEqual(upTo(5));
  });

  it('says that reading failed and goes on from there when started again', async () => {
    const { world, feed } = start(3);
    world.fail = true;
    void feed.start();
    await settled();
    expect(world).toMatchObject({ given: [], caughtUp: 0 });
    expect(world.errors).toHaveLength(1);
    world.fail = false;
    void feed.start();
    await settled();
    expect(world.given).toEqual(upTo(3));
  });

  it('gives nothing after it was stopped', async () => {
    const { world, feed } = start(3);
    void feed.start();
    feed.stop();
    await settled();
    feed.push([event(1)]);
    expect(world.given).toEqual([]);
  });
});

it('looks once more where something was told while an empty page was on its way', async () => {
  const given: number[] = [];
  let stored = 0;
  const feed = createFeed({
    fetch: (after) => {
      const page = range(after + 1, stored);
      return new Promise((resolve) => setTimeout(() => resolve(page)));
    },
    onEvents: (events) => given.push(...events.map((each) => each.seq)),
    onError: () => undefined,
  });
  const read = feed.start();
  expect(feed.reading).toBe(true);
  stored = 1;
  feed.push([event(1)]);
  await read;
  expect(given).toEqual([1]);
  expect(feed.reading).toBe(false);
});

it('reads a whole history once, page by page', async () => {
  const pages: number[] = [];
  for await (const page of eventPages(
    (after, limit) => Promise.resolve(range(after + 1, Math.min(25, after + limit))),
    10,
  ))
    pages.push(page.length);
  expect(pages).toEqual([10, 10, 5]);
});
