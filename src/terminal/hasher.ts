/**
 * The terminal hashes by itself what it shows:
 * the adapter's hasher comes with the engine, which is loaded when first needed.
 */
import { createHash } from 'node:crypto';
import type { Hasher } from '../core/ports/ports.js';

export const hasher: Hasher = { sha256: (data) => createHash('sha256').update(data).digest('hex') };
