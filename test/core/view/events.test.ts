/** What an event says, once for every door: the golden file is the words; terminal and timeline are held against it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runEventSchema, type EventBody, type RunEvent } from '../../../src/core/model/event.js';
import { emptyRun } from '../../../src/core/model/run.js';
import { auditOf, inAudit } from '../../../src/core/view/audit.js';
import { describeEvent } from '../../../src/core/view/events.js';
import { plain } from '../../../src/core/view/translate.js';
import { auditLine, eventLine } from '../../../src/terminal/event-line.js';
import { oneLine, uncoloured } from '../../../src/terminal/style.js';
import { nodeText } from '../../../webview-ui/run/node-text.js';
import { applyToOutline, emptyOutline } from '../../../webview-ui/store/outline.js';
import { samples } from './event-samples.js';

const golden = path.join(import.meta.dirname, 'golden', 'events.txt');
const numbered = (bodies: readonly EventBody[]): RunEvent[] =>
  bodies.map((body, index) =>
    runEventSchema.parse({ ...body, v: 1, run: 'run_1', seq: index + 1, at: 1_700_000_000_000 }),
  );
const events = numbered(samples);

function asText(event: RunEvent): string {
  const { icon, tone, label, detail, word, minor } = describeEvent(event, plain);
  const audit = auditOf(event, plain).map(({ verb, what, notes }) => `  audit ${[verb, what, ...notes].join(' | ')}`);
  return [
    `${event.type}${minor ? ' (minor)' : ''}`,
    `  ${[icon, tone, label, detail, word].join(' | ')}`,
    ...audit,
  ].join('\n');
}

describe('what an event says', () => {
  it('is written down for every kind of event (write it anew with UPDATE_GOLDEN=1)', () => {
    const now = `${events.map(asText).join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, now);
    expect(now).toBe(readFileSync(golden, 'utf8'));
  });

  it('has a sample of every kind there is', () => {
    const kinds = new Set(events.map((event) => event.type));
    const source = readFileSync(path.join(import.meta.dirname, '../../../src/core/model/event.ts'), 'utf8');
    const known = [...source.matchAll(/type: z\.literal\('([a-z-]+)'\)/g)].map(([, kind]) => kind);
    expect([...kinds].sort()).toEqual([...new Set(known)].sort());
  });

  it('is what the terminal prints, but for what only a closer look needs', () => {
    for (const event of events) {
      const view = describeEvent(event, plain);
      const line = eventLine(event, uncoloured);
      if (view.minor) expect(line).toBeUndefined();
      else
        for (const part of [view.label, ...(view.files.length > 1 ? [] : [view.detail])])
          expect(line?.toLowerCase()).toContain(oneLine(part).toLowerCase());
    }
  });

  it('is what a row of the timeline says', () => {
    for (const event of events.filter((one) => 'step' in one || 'approval' in one)) {
      const outline = emptyOutline();
      applyToOutline(outline, event);
      const node = [...outline.byId.values()].find((one) => one.event === event);
      if (!node) continue;
      const view = describeEvent(event, plain, node.state === 'waiting' ? 'pending' : 'accepted');
      expect(nodeText(node, emptyRun('run_1'))).toMatchObject({
        icon: view.icon,
        label: view.label,
        detail: view.detail,
      });
    }
  });

  it('is audited in the terminal as it is in the panel', () => {
    for (const event of events) {
      const entries = auditOf(event, plain);
      expect(entries.length > 0).toBe(inAudit(event));
      const line = auditLine(event, uncoloured);
      for (const { verb, what, notes } of entries)
        for (const part of [verb, what, ...notes]) expect(line).toContain(oneLine(part));
    }
  });

  it('shows what hides in names and commands', () => {
    const [hidden] = numbered([
      {
        type: 'command-run',
        call: 'c',
        step: 's',
        task: 'T-1',
        purpose: 'tool',
        command: 'rm\u00a0-rf \u202ex',
        exitCode: 0,
        timedOut: false,
        cancelled: false,
        durationMs: 1,
        bytes: 0,
        tail: '',
      },
    ]);
    expect(describeEvent(hidden as RunEvent, plain).label).toBe('rm<U+00A0>-rf <U+202E>x');
    expect(eventLine(hidden as RunEvent, uncoloured)).toContain('rm<U+00A0>-rf <U+202E>x');
  });
});
