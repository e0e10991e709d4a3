/** A run as a file for others: all of it said, nothing secret, nothing that the reader's browser would act on. */
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/text/redact.js';
import { edits } from '../../fakes/model.js';
import { blueprintOf } from '../engine/fixtures.js';
import { answer, createWorld, nextApproval, planOf, settled, startPlan, type World } from '../engine/harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: test }
  test: { type: deterministic, action: test, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const KEY = `sk-ant-api03-${'Ab3'.repeat(30)}AA`;
const HOSTILE = '"><img src=x onerror=alert(1)> \u202egpj.exe \u001b[31m.txt';

async function oneRun(): Promise<{ world: World; run: string }> {
  const world = await createWorld({
    blueprint,
    files: { 'a.txt': 'one\ntwo\n' },
    settings: { approval: 'changes' },
    model: {
      implement: [
        ...edits('a.txt', 'one', `ONE </pre><script>alert(1)</script> ${KEY}`),
        {
          tools: [
            {
              name: 'apply_patch',
              input: { patch: JSON.stringify([{ path: 'a.txt', search: 'one', replace: `ONE <b> ${KEY}` }]) },
            },
            { name: 'submit_result', input: { summary: `done ${HOSTILE}` } },
          ],
        },
      ],
    },
    commands: { 'check T1': [{ exitCode: 1, output: `red \u001b[31m${HOSTILE} ${KEY}` }, { exitCode: 0 }] },
  });
  const { ports } = world;
  Object.assign(ports, { redact: createRedactor([KEY]).redact });
  const document = planOf({ T1: {} });
  document.stories[0]!.tasks[0]!.title = `Do <T1> ${HOSTILE}`;
  document.stories[0]!.tasks[0]!.description = `With ${KEY}`;
  const run = await startPlan(world, document, { onAsk: 'wait' });
  await answer(world, { status: 'rejected', comment: `No: ${KEY} ${HOSTILE}` });
  await nextApproval(world);
  await answer(world, { status: 'accepted' });
  expect(await settled(world, run)).toBe('completed');
  return { world, run };
}
const report = async (world: World, run: string, format: 'html' | 'markdown') =>
  (await world.openexec.request('run/report', { run, format })).text;
async function json(world: World, run: string): Promise<Record<string, unknown>> {
  let text = '';
  for (let from: string | undefined; ; ) {
    const piece = await world.openexec.request('run/report', {
      run,
      format: 'json',
      ...(from !== undefined && { from }),
    });
    text += piece.text;
    if (piece.next === null) return JSON.parse(text) as Record<string, unknown>;
    from = piece.next;
  }
}

describe('a report', () => {
  it('says what was asked, done, verified, changed, spent, decided and left open', async () => {
    const { world, run } = await oneRun();
    const html = await report(world, run, 'html');
    for (const heading of ['Asked', 'Done', 'Verified', 'Changed', 'Spent', 'Decided', 'Left open'])
      expect(html).toContain(`>${heading}</h2>`);
    for (const said of ['check T1', 'exit 0', 'exit 1', 'npm test', 'a.txt', 'rejected', 'accepted', '1 of 1', '$0.02'])
      expect(html).toContain(said);
    const markdown = await report(world, run, 'markdown');
    for (const said of ['## Verified', '`check T1`', 'exit 0', '`a.txt`', 'rejected']) expect(markdown).toContain(said);
  });

  it('holds no secret: not in a diff, an output, a comment or a title', async () => {
    const { world, run } = await oneRun();
    for (const text of [
      await report(world, run, 'html'),
      await report(world, run, 'markdown'),
      JSON.stringify(await json(world, run)),
    ]) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain('sk-ant-api03');
    }
  });

  it('is markup of its own only: nothing of the run is, nothing is fetched, nothing hides', async () => {
    const { world, run } = await oneRun();
    const html = await report(world, run, 'html');
    expect(html).not.toMatch(
      /<script|<img|<b>|<iframe|<link|<[^>]*\b(?:src|onerror|style)=|https?:\/\/|@import|url\(/i,
    );
    expect(html).toContain('default-src &#39;none&#39;'.replaceAll('&#39;', "'"));
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u001b]/);
    const tags = new Set([...html.matchAll(/<\/?([a-zA-Z][\w-]*)/g)].map((tag) => tag[1]?.toLowerCase()));
    const own =
      'html head meta title style body header main footer section nav ul li a h1 h2 h3 p dl dt dd div span strong br table caption thead tbody tr th td code pre details summary blockquote'.split(
        ' ',
      );
    expect([...tags].filter((tag) => !own.includes(tag ?? ''))).toEqual([]);
    const markdown = await report(world, run, 'markdown');
    expect(markdown).not.toMatch(/<img|<script|[\u202a-\u202e\u001b]/);
  });

  it('exports every event and row as one JSON document, in pieces', async () => {
    const { world, run } = await oneRun();
    const all = await json(world, run);
    const events = await world.store.events(run, 0, 5000);
    expect((all['events'] as { seq: number }[]).map((event) => event.seq)).toEqual(events.map((event) => event.seq));
    const steps = (all['steps'] as { task: string; steps: { key: string; calls: unknown[] }[] }[]).flatMap(
      (task) => task.steps,
    );
    expect(steps.map((step) => step.key).sort()).toEqual((await world.store.steps(run)).map((step) => step.key).sort());
    expect(steps.some((step) => step.calls.length > 0)).toBe(true);
    expect((all['fileImages'] as { before: string }[])[0]?.before).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(all)).not.toContain('"root":"/work"');
  });

  it('stays bounded over 20,000 events, and says what did not fit', async () => {
    const { world, run } = await oneRun();
    const [last] = (await world.store.events(run, 0, 5000)).slice(-1);
    for (let at = 0; at < 20; at++)
      await world.store.commit(
        Array.from({ length: 1000 }, (_, index) => ({
          table: 'events' as const,
          row: {
            v: 1 as const,
            run,
            seq: (last?.seq ?? 0) + at * 1000 + index + 1,
            at: 1,
            type: 'command-run' as const,
            call: `${run}/T1/1/x/1/1`,
            step: `${run}/T1/1/x/1`,
            task: 'T1',
            purpose: 'test' as const,
            command: `npm test ${'x'.repeat(200)}`,
            exitCode: 1,
            timedOut: false,
            cancelled: false,
            durationMs: 1,
            bytes: 1,
            tail: 'y'.repeat(500),
          },
        })),
      );
    const { text, left } = await world.openexec.request('run/report', { run, format: 'html' });
    expect(text.length).toBeLessThan(4_000_000);
    expect(left.join()).toMatch(/^1,000 of 20,\d\d\d commands$/);
    expect(text).toContain(left[0]);
  });
});

describe('two runs side by side', () => {
  it('part where they first came to something else', async () => {
    const build = (search: string) =>
      createWorld({
        blueprint,
        model: { implement: edits('a.txt', 'one', search) },
        commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      });
    const world = await build('ONE');
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    const same = await world.openexec.request('run/compare', { a: run, b: run });
    expect(same).toMatchObject({ same: true, parts: null });
    // The second run finds the file as the first left it: its edit fails.
    const { runs } = { runs: await world.openexec.request('run/list', {}) };
    const plan = runs[0]?.plan ?? '';
    const { run: second } = await world.openexec.request('run/start', { plan, again: true, onAsk: 'accept' });
    await settled(world, second);
    const compared = await world.openexec.request('run/compare', { a: run, b: second });
    expect(compared.same).toBe(false);
    expect(compared.parts?.task).toBe('T1');
    expect([compared.parts?.a, compared.parts?.b]).toEqual(['check T1 exited 1', 'check T1 exited 0']);
    expect(compared.tasks[0]?.differ).toEqual(['a.txt']);
    expect(same.tasks[0]?.differ).toEqual([]);
    expect(compared.tasks[0]?.a?.files).toEqual([
      { path: 'a.txt', hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    ]);
  });
});
