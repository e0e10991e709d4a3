/** Commits through the real store without end and notes each acknowledgement in a side file, until it is killed. */
import { openSync, writeSync } from 'node:fs';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { createFakeLog } from '../fakes/log.js';
import { eventRow, runRow, stepRow } from '../fakes/rows.js';

const [, , dir = '', wasm = '', acknowledged = ''] = process.argv;

async function main(): Promise<void> {
  const { store, notices } = await openSqliteStore({
    dir,
    wasm,
    clock: createSystemClock(),
    log: createFakeLog(),
    idleMs: 20,
  });
  if (notices.length > 0) throw new Error(`a killed process left ${JSON.stringify(notices)}`);
  const ack = openSync(acknowledged, 'a');
  let last = (await store.run('r'))?.lastSeq ?? 0;
  writeSync(1, 'ready\n');
  for (;;) {
    // one to four batches that wait together, each with a blob written before the row that names it
    const group = Array.from({ length: 1 + (last % 4) }, (_, i) => last + 1 + i);
    last += group.length;
    await Promise.all(
      group.map(async (seq) => {
        const output = await store.putBlob(new TextEncoder().encode(`output ${seq % 50}`));
        return { seq, output };
      }),
    ).then((ready) =>
      Promise.all(
        ready.map(async ({ seq, output }) => {
          await store.commit([
            { table: 'events', row: eventRow('r', seq) },
            { table: 'steps', row: stepRow('r', seq, { output, summary: 'x'.repeat(seq % 3000) }) },
            { table: 'runs', row: runRow('r', { lastSeq: seq }) },
          ]);
          writeSync(ack, `${seq}\n`);
        }),
      ),
    );
    if (last % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 30)); // long enough for an idle checkpoint
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
