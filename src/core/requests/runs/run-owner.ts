/**
 * Who may write for a run: whoever holds its row `run-owner`. The row is taken under a condition, so that of two who
 * start, resume, end or roll back a run at once one is first; and every commit of its holder is bound to it, so that
 * one who has lost the run stores nothing more. A row outlives a process that was killed. The store is opened by the
 * process that holds the root's lock alone, so whose rows stand there at opening have ended; with several machines a
 * term that runs out would have to tell that.
 */
import { canonicalJson } from '../../../base/canonical.js';
import { OpenExecError } from '../../errors.js';
import type { Condition, Ports, Write } from '../../ports/ports.js';
import { findRow, listRows, removeRow, unchangedRow, writeRow, type FoundRow } from '../../record/small-rows.js';

export interface RunClaim {
  /** Every commit through these holds only while the claim does. Errors of `commit`, besides the store's: not-owner. */
  ports: Ports;
  /**
   * The row goes, where the run's last commit has not taken it along.
   * Never rejects: a row that stays counts for nothing here.
   */
  release(): Promise<void>;
}

export interface RunOwners {
  /** Once, before anything else: rows that stand there now are of processes that have ended. */
  open(): Promise<void>;
  /** Holds as long as nobody takes the run; undefined = somebody has it. */
  free(run: string): Promise<Condition | undefined>;
  /** undefined = somebody has it, or was first. */
  claim(run: string): Promise<RunClaim | undefined>;
  /**
   * Taken with the first commit, which costs no flush of its own:
   * of a run that is not there yet, or of one that is free.
   */
  claimAtFirstCommit(run: string, free?: Condition): RunClaim;
}

export function createRunOwners(ports: Ports): RunOwners {
  const { store, clock, ids, log } = ports;
  const opening = ids.next('owner');
  const ended = new Map<string, string>();
  /** Claims of this process, from before they are stored. */
  const held = new Set<string>();
  let claims = 0;

  const isLeft = (run: string, { value, stored }: FoundRow<'run-owner'>): boolean =>
    value?.claim.startsWith(`${opening}/`) ? !held.has(value.claim) : ended.get(run) === canonicalJson(stored);

  const free = async (run: string): Promise<Condition | undefined> => {
    const found = await findRow(ports, 'run-owner', [run]);
    if (found && found.stored === undefined) return undefined;
    return found && !isLeft(run, found) ? undefined : unchangedRow('run-owner', [run], found);
  };

  const make = (run: string): { row: Write; mine: Condition; claim: string } => {
    const value = { claim: `${opening}/${++claims}`, at: clock.now() };
    held.add(value.claim);
    return {
      row: writeRow('run-owner', [run], value),
      mine: unchangedRow('run-owner', [run], { stored: value }),
      claim: value.claim,
    };
  };

  /** `first`: what takes the claim, with the first commit. */
  const claimOf = (
    run: string,
    { mine, claim }: ReturnType<typeof make>,
    first?: { row: Write; condition: Condition },
  ): RunClaim => {
    let taking = first;
    const commit: Ports['store']['commit'] = async (batch, conditions = []) => {
      const own = taking?.condition ?? mine;
      const writes = taking ? [taking.row, ...batch] : batch;
      taking = undefined; // what is handed in after this is stored after it
      const failed = await store.commit(writes, [own, ...conditions]);
      if (failed === own) throw new OpenExecError('not-owner');
      return failed;
    };
    return {
      ports: { ...ports, store: { ...store, commit } },
      async release() {
        held.delete(claim);
        try {
          await store.commit([removeRow('run-owner', [run])], [mine]);
        } catch (error) {
          log.warn('The row of a run’s owner could not be removed', { run, error: String(error) });
        }
      },
    };
  };

  return {
    async open() {
      // Whoever wrote it has ended: the root's lock is ours. One that is no JSON can be compared with nothing, and goes.
      for (const { name, stored } of await listRows(ports, 'run-owner'))
        if (stored === undefined) await store.commit([removeRow('run-owner', [name])]);
        else ended.set(name, canonicalJson(stored));
    },
    free,
    async claim(run) {
      const made = make(run);
      let taken = false;
      try {
        while (!taken) {
          const condition = await free(run);
          if (!condition) break;
          taken = !(await store.commit([made.row], [condition])); // again where it was let go of in this moment
        }
      } finally {
        if (!taken) held.delete(made.claim);
      }
      return taken ? claimOf(run, made) : undefined;
    },
    claimAtFirstCommit(run, condition = unchangedRow('run-owner', [run], undefined)) {
      const made = make(run);
      return claimOf(run, made, { row: made.row, condition });
    },
  };
}

/** The claim is kept by whoever goes on with it, unless that fails. */
export async function orRelease<T>(claim: RunClaim, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** Errors: run-state where somebody has the run; those of `action`. */
export async function owning<T>(owners: RunOwners, run: string, action: (ports: Ports) => Promise<T>): Promise<T> {
  const claim = await requireClaim(owners, run);
  try {
    return await action(claim.ports);
  } finally {
    await claim.release();
  }
}

/** Errors: run-state. */
export async function requireClaim(owners: RunOwners, run: string): Promise<RunClaim> {
  const claim = await owners.claim(run);
  if (!claim) throw inHands();
  return claim;
}

export const inHands = (): OpenExecError => new OpenExecError('run-state', { status: 'running' });
