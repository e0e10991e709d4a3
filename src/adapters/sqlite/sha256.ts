import { createHash } from 'node:crypto';
import type { Hash } from '../../core/model/primitives.js';

export const sha256 = (bytes: Uint8Array): Hash => createHash('sha256').update(bytes).digest('hex');
