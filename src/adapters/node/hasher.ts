import { createHash } from 'node:crypto';
import type { Hasher } from '../../core/ports/ports.js';

export const createHasher = (): Hasher => ({ sha256: (data) => createHash('sha256').update(data).digest('hex') });
