/**
 * The kinds of small rows: everything in the table `settings`. Each has its key, its schema, and whose it is.
 * A kind that is not here was written by a newer version: nobody reads, changes or removes it.
 */
import { z } from 'zod';
import { diagnosticCheckSchema } from './diagnostic.js';
import { planProposalSchema } from './plan-proposal.js';
import { timeSchema } from './primitives.js';
import { planCheckSchema, taskProgressSchema } from './requests.js';
import { rollbackRecordSchema } from './rollback.js';
import { spendSchema } from './spending.js';

interface RowKindSpec {
  /** A row goes with the run or plan it belongs to; those of the folder stay. */
  of: 'folder' | 'plan' | 'run';
  /**
   * `one`: its key is `kind`, or `kind/<owner>`.
   * `many`: `kind/<name>`, or `kind/<owner>/<name>`; a name may hold slashes.
   */
  rows: 'one' | 'many';
  value: z.ZodType;
}

export const rowKinds = {
  /** Id of the plan that is meant where none is named. */
  'current-plan': { of: 'folder', rows: 'one', value: z.string() },
  /** By the hash of a command: the person said yes to it, for one run or for always. */
  'seen-command': {
    of: 'folder',
    rows: 'many',
    value: z.object({ run: z.string(), always: z.boolean(), text: z.string().default('') }),
  },
  /** By kind and place: what a person was shown of an environment of the project, and whether commands use it. */
  environment: {
    of: 'folder',
    rows: 'many',
    value: z.object({ hash: z.string(), programs: z.array(z.string()), use: z.boolean(), at: timeSchema }),
  },
  /** By the hash of its text: a blueprint of the workspace that a person has seen. */
  'seen-blueprint': {
    of: 'folder',
    rows: 'many',
    value: z.object({ id: z.string(), file: z.string(), at: timeSchema }),
  },
  /** When runs past their time were last looked for. */
  'retention/last': { of: 'folder', rows: 'one', value: z.number() },
  /** Since when texts of removed runs are to be freed; true = noted by a version that kept no time. */
  'retention/sweep': { of: 'folder', rows: 'one', value: z.union([z.number(), z.literal(true)]) },
  /** By task, or by the id of a story's check: how it stands over all runs. */
  'plan-task': { of: 'plan', rows: 'many', value: taskProgressSchema },
  /** By task or story: what its script said when the plan was last verified. */
  'plan-check': { of: 'plan', rows: 'many', value: planCheckSchema },
  /** By the key of the call that proposed it. */
  'plan-proposal': { of: 'plan', rows: 'many', value: planProposalSchema },
  /** `runs`: what runs of the plan that were removed had cost. */
  'plan-spent': { of: 'plan', rows: 'many', value: spendSchema },
  /** What a quick fix was asked for. */
  'quick-fix': {
    of: 'run',
    rows: 'one',
    value: z.object({ request: z.string(), check: z.string(), diagnostic: diagnosticCheckSchema.optional() }),
  },
  /** A run that is kept, whatever its age. */
  'pinned-run': { of: 'run', rows: 'one', value: z.literal(true) },
  /** By the id of a question: hashes of the environments that a yes approves. */
  'environment-asked': { of: 'run', rows: 'many', value: z.array(z.string()) },
  /** Who may write for the run now: see requests/run-owner.ts. */
  'run-owner': { of: 'run', rows: 'one', value: z.object({ claim: z.string(), at: timeSchema }) },
  rollback: { of: 'run', rows: 'many', value: rollbackRecordSchema },
  /** Stands while a rollback is under way: what to look for after a crash. */
  'rollback-open': { of: 'run', rows: 'many', value: z.literal(true) },
} as const satisfies Record<string, RowKindSpec>;

export type RowKind = keyof typeof rowKinds;
export type RowValue<K extends RowKind> = z.infer<(typeof rowKinds)[K]['value']>;
/** What follows the kind in a key. */
export type RowKey<K extends RowKind> = (typeof rowKinds)[K] extends { of: 'folder' }
  ? (typeof rowKinds)[K] extends { rows: 'one' }
    ? []
    : [name: string]
  : (typeof rowKinds)[K] extends { rows: 'one' }
    ? [owner: string]
    : [owner: string, name: string];

export const rowKey = (kind: RowKind, key: readonly string[]): string => [kind, ...key].join('/');

/** Keys of the rows that go with a plan or a run: these, and all that begin with one of the `below`. */
export function ownedRows(of: 'plan' | 'run', id: string): { keys: string[]; below: string[] } {
  const owned = Object.entries<RowKindSpec>(rowKinds).filter(([, kind]) => kind.of === of);
  const named = (rows: RowKindSpec['rows']) =>
    owned.filter(([, kind]) => kind.rows === rows).map(([name]) => `${name}/${id}`);
  return { keys: named('one'), below: named('many').map((name) => `${name}/`) };
}
