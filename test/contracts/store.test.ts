import { createMemoryStore } from '../fakes/memory-store.js';
import { storeContract } from './store.js';

storeContract('memory', async () => ({ store: createMemoryStore(), done: async () => {} }));
