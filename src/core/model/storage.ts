/** What the stored state of a folder takes on disk, and what is done about it. */
import { z } from 'zod';
import { retentionOf, SETTINGS } from './plain/settings.js';
import { hashSchema, timeSchema } from './primitives.js';

/** Parts of the data folder. `log` is SQLite's own; `set-aside` what was damaged or replaced and kept,
 * `caches` those of build tools in the sandbox. */
export const storagePartSchema = z.enum([
  'database',
  'log',
  'texts',
  'backups',
  'worktrees',
  'spool',
  'caches',
  'set-aside',
  'other',
]);
/** What a stored text is, by the first row that names it. */
export const textKindSchema = z.enum(['logs', 'model', 'files', 'outputs', 'other', 'unnamed']);

const amount = z.object({ bytes: z.number().int().nonnegative(), count: z.number().int().nonnegative() });
export type Amount = z.infer<typeof amount>;

export const diskUsageSchema = z.object({
  /** The data folder. */
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  parts: z.array(amount.extend({ part: storagePartSchema })),
  /** Stored texts by what they are, in the database and beside it. */
  texts: z.array(amount.extend({ kind: textKindSchema })),
  /** Within the database, given back by compacting. */
  freeBytes: z.number().int().nonnegative(),
});
export type DiskUsage = z.infer<typeof diskUsageSchema>;

export const retentionSchema = z.object({
  /** Finished runs older than this go; null = never. */
  days: z.number().positive().nullable(),
  /** Above this the oldest finished runs go, until it is enough; null = no limit. */
  maxBytes: z.number().positive().nullable(),
});
export type Retention = z.infer<typeof retentionSchema>;
/** Used where nothing is set: half a year, 4 GB. */
export const DEFAULT_RETENTION: Retention = retentionOf({
  retentionDays: SETTINGS.retentionDays.default,
  retentionMaxMB: SETTINGS.retentionMaxMB.default,
});

export const storedRunSchema = z.object({ run: z.string(), title: z.string(), createdAt: timeSchema });
export type StoredRun = z.infer<typeof storedRunSchema>;

export const storageUsageSchema = diskUsageSchema.extend({
  runs: z.object({
    count: z.number().int(),
    finished: z.number().int(),
    pinned: z.array(z.string()),
    oldest: storedRunSchema.nullable(),
  }),
  retention: retentionSchema,
});
export type StorageUsage = z.infer<typeof storageUsageSchema>;

/** State of a folder that is gone. */
export interface MovedState {
  /** Where the folder was. */
  path: string;
  /** Its data folder. */
  dir: string;
  /** When its state was last written, ms since the epoch. */
  at: number;
}

/** First entry of an archive; the texts after it are named by their own hash. */
export const archiveManifestSchema = z.object({
  format: z.literal('openexec-state'),
  v: z.number().int().positive(),
  schema: z.number().int().positive(),
  /** Folder whose state it is. */
  root: z.string(),
  createdAt: timeSchema,
  database: z.object({ bytes: z.number().int().nonnegative(), sha256: hashSchema }),
  texts: amount,
});
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;
