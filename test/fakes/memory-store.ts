/** The Store port in memory. */
import { createHasher } from '../../src/adapters/node/hasher.js';
import { createMemoryStore as create } from '../../src/core/engine/replay/memory-store.js';
import type { Store } from '../../src/core/ports/ports.js';

export const createMemoryStore = (): Store => create(createHasher());
