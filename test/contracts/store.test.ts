import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';
import { createMemoryStore } from '../fakes/memory-store.js';
import { storeContract } from './store.js';

storeContract('memory', async () => ({ store: createMemoryStore(), done: async () => {} }));

storeContract('sqlite', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-store-'));
  const { store } = await openSqliteStore({ dir, wasm: WASM, clock: createSystemClock(), log: createFakeLog() });
  return {
    store,
    done: async () => {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
