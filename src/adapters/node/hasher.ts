import { createHash } from 'node:crypto';
import type { Hasher } from '../../core/ports/ports.js';

/** Hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

export const createHasher = (): Hasher => ({ sha256 });
