import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import type { Store } from '../../src/core/ports/ports.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';
import { createMemoryStore } from '../fakes/memory-store.js';
import { storeContract } from './store.js';

storeContract('memory', async () => {
  const store = createMemoryStore();
  return { store, reopen: async () => store, done: async () => {} };
});

storeContract('sqlite', async () => {
  const opened: { store: Store; dir: string }[] = [];
  const openIn = async (dir: string) => {
    const { store } = await openSqliteStore({ dir, wasm: WASM, clock: createSystemClock(), log: createFakeLog() });
    opened.push({ store, dir });
    return store;
  };
  const folder = () => mkdtempSync(path.join(tmpdir(), 'openexec-store-'));
  const dir = folder();
  return {
    store: await openIn(dir),
    async reopen() {
      const next = folder();
      for (const name of readdirSync(dir)) cpSync(path.join(dir, name), path.join(next, name), { recursive: true });
      return await openIn(next);
    },
    async done() {
      for (const one of opened) await one.store.close();
      for (const one of opened) rmSync(one.dir, { recursive: true, force: true });
    },
  };
});
