/**
 * What the stored state takes, and its upkeep:
 * what is removed for age or size, what is freed, and everything in one file.
 */
import { OpenExecError } from '../errors.js';
import type { Handlers } from '../model/requests.js';
import { DEFAULT_RETENTION, retentionSchema, type Amount, type Retention, type StoredRun } from '../model/storage.js';
import type { RunRecord } from '../model/run.js';
import type { Storage, Write } from '../ports/ports.js';
import { expired, removable } from '../record/retention.js';
import { createLedger } from '../record/ledger.js';
import { findRow, listRows, readRow, removeRow, writeRow } from '../record/small-rows.js';
import type { Environment } from './environment.js';

type Methods = 'storage/usage' | 'storage/clean' | 'storage/compact' | 'storage/export' | 'storage/pin';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** A text is stored before the row that names it: a younger one may still get its row. */
const GRACE_MS = { asked: HOUR_MS, byItself: DAY_MS };
/** Caches of build tools that have grown above this are emptied: most never forget by themselves. */
const MAX_CACHE_BYTES = 4 * 1024 * 1024 * 1024;
/** Free pages worth rewriting the file for. */
const WORTH_COMPACTING = { bytes: 32 * 1024 * 1024, part: 0.25 };
/**
 * After opening, so that it disturbs nobody who just came; then again and again, for a window can be open for weeks.
 */
const IDLE_MS = 30_000;
const AGAIN_MS = HOUR_MS;
/**
 * Of what is above the size that is set, what a tenth of the runs must free at the least:
 * otherwise the rest would go for nothing.
 */
const WORTH_REMOVING = 0.01;
/** A run was removed at that time: what it alone named is to be freed. */
const sweepDue = (at: number): Write => writeRow('retention/sweep', [], at);

export function storageHandlers(env: Environment): Pick<Handlers, Methods> {
  const { store } = env.ports;
  return {
    'storage/usage': async (_, signal) => {
      const disk = await storageOf(env).usage(signal);
      const runs = await store.runs(100_000);
      const oldest = runs.at(-1);
      return {
        ...disk,
        retention: await retentionOf(env),
        runs: {
          count: runs.length,
          finished: removable(runs, new Set()).length,
          pinned: [...(await pinned(env))],
          oldest: oldest ? stored(oldest) : null,
        },
      };
    },
    'storage/clean': async ({ dryRun }, signal) => {
      const runs = dryRun ? await chosenByAge(env) : await removeExpired(env, env.ports.clock.now(), signal);
      const swept = dryRun ? { count: 0, bytes: 0 } : await sweep(env, GRACE_MS.asked, signal);
      const caches = dryRun || env.live.size > 0 ? 0 : (await storageOf(env).clearCaches(0, signal)).bytes;
      return { runs: runs.map(stored), texts: swept.count, bytes: swept.bytes, caches };
    },
    'storage/compact': async (_, signal) => {
      refuseWhileLive(env);
      return await storageOf(env).compact(signal);
    },
    'storage/export': async ({ file }, signal) => await storageOf(env).exportTo(file, env.root, signal),
    'storage/pin': async ({ run, pinned: keep }) => {
      if (!(await store.run(run))) throw new OpenExecError('run-not-found', { run });
      await store.commit([keep ? writeRow('pinned-run', [run], true) : removeRow('pinned-run', [run])]);
      return {};
    },
  };
}

/** State that is kept in memory has no storage; only tests keep it so. */
function storageOf(env: Environment): Storage {
  if (!env.ports.storage) throw new OpenExecError('store-readonly');
  return env.ports.storage;
}

function refuseWhileLive(env: Environment): void {
  const live = [...env.live.values()][0];
  if (live) throw new OpenExecError('run-active', { title: live.run.record.title });
}

const stored = ({ id, title, createdAt }: RunRecord): StoredRun => ({ run: id, title, createdAt });

async function retentionOf(env: Environment): Promise<Retention> {
  return retentionSchema.parse((await env.settings()).retention ?? DEFAULT_RETENTION);
}

/** That a row is there says it, whatever a newer version keeps in it. */
async function pinned(env: Environment): Promise<Set<string>> {
  return new Set((await listRows(env.ports, 'pinned-run')).map(({ name }) => name));
}

async function candidates(env: Environment): Promise<RunRecord[]> {
  return removable(
    await env.ports.store.runsIn(['completed', 'failed', 'cancelled']),
    new Set([...(await pinned(env)), ...env.live.keys()]),
  );
}

async function chosenByAge(env: Environment): Promise<RunRecord[]> {
  return await expiredAt(env, env.ports.clock.now());
}

const expiredAt = async (env: Environment, now: number): Promise<RunRecord[]> =>
  expired(await candidates(env), await retentionOf(env), now);

/**
 * The time by which ages are judged where nobody asked for it. A clock that stands far ahead of where it was last seen
 * may have been set wrong, and what is removed is gone: then it is the time of then, until a later look bears it out.
 * `last`: when it was looked after the time before; undefined = never.
 */
const borneOut = (last: number | undefined, now: number): number =>
  last === undefined || now < last ? now : now - last > 2 * DAY_MS ? last : now;

/** Frees what no row names. Texts younger than that stay, so a removal is forgotten only when all it left was older. */
async function sweep(env: Environment, graceMs: number, signal: AbortSignal): Promise<Amount> {
  const { store, clock } = env.ports;
  const began = clock.now();
  const swept = await storageOf(env).sweep(graceMs, signal);
  const since = await readRow(env.ports, 'retention/sweep', []);
  if (since === true)
    await store.commit([sweepDue(began)]); // noted without its time by an earlier version
  else if (since !== undefined && began < since)
    await store.commit([sweepDue(began)]); // the clock was set back: it counts from here
  else if (since !== undefined && began - since >= graceMs) await store.commit([removeRow('retention/sweep', [])]);
  return swept;
}

/**
 * By age first; then, while there is more than allowed, the oldest that are left, as long as that helps:
 * what takes the room may be young, or of runs that stay. What they alone named is freed by the next sweep.
 */
async function removeExpired(env: Environment, now: number, signal: AbortSignal): Promise<RunRecord[]> {
  const retention = await retentionOf(env);
  const gone = await remove(env, await expiredAt(env, now));
  await removeUnmade(env, now);
  if (retention.maxBytes !== null) {
    let left = await candidates(env);
    let used = left.length > 0 ? await storageOf(env).usedBytes(signal) : 0;
    // A tenth at a time: what a run takes is only known once it is gone.
    while (left.length > 0 && used > retention.maxBytes) {
      signal.throwIfAborted();
      const next = left.slice(0, Math.ceil(left.length / 10));
      gone.push(...(await remove(env, next)));
      await sweep(env, GRACE_MS.asked, signal);
      left = left.slice(next.length);
      const before = used;
      used = await storageOf(env).usedBytes(signal);
      if (before - used < WORTH_REMOVING * (before - retention.maxBytes)) break;
    }
  }
  if (gone.length > 0) env.sinks.changes.fire({ type: 'runs' });
  return gone;
}

/** Those that are gone. */
async function remove(env: Environment, runs: readonly RunRecord[]): Promise<RunRecord[]> {
  const gone: RunRecord[] = [];
  for (const run of runs) if (await removeRun(env, run)) gone.push(run);
  return gone;
}

/**
 * What it cost its plan is kept, and what it alone named is to be freed.
 * False = it is in somebody's hands, and nothing was removed.
 */
export async function removeRun(env: Environment, run: RunRecord): Promise<boolean> {
  const { store, clock } = env.ports;
  const ledger = createLedger(env.ports);
  for (;;) {
    const free = await env.owners.free(run.id);
    if (!free) return false;
    const spent = await ledger.keepSpentBy((await store.run(run.id)) ?? run);
    if (!(await store.run(run.id))) return true; // somebody else removed it, and has kept what it cost
    const batch = [...spent.writes, { table: 'runs' as const, remove: run.id }, sweepDue(clock.now())];
    if (!(await store.commit(batch, [free, ...spent.conditions]))) return true;
  }
}

/** Planning that came to nothing leaves calls and events under an id no plan has: kept as long as a finished run. */
async function removeUnmade(env: Environment, now: number): Promise<void> {
  const { store, clock } = env.ports;
  const { days } = await retentionOf(env);
  if (days === null) return;
  for (const plan of await store.unmadePlans(now - days * DAY_MS))
    await store.commit([{ table: 'plans', remove: plan }, sweepDue(clock.now())]);
}

export interface Upkeep {
  /** When the door closes: where it never stays open long enough, it is done now, if it is due. */
  beforeClose(): Promise<void>;
  stop(): void;
}

/**
 * Once a day, once the folder was open for a while and nothing runs.
 * Never fails what it is beside: what goes wrong is logged.
 */
export function scheduleUpkeep(env: Environment): Upkeep {
  const abort = new AbortController();
  const { clock, log, store, storage } = env.ports;
  if (!storage) return { beforeClose: async () => undefined, stop: () => undefined };
  const due = async (): Promise<boolean> => {
    const last = await readRow(env.ports, 'retention/last', []);
    return last === undefined || Math.abs(clock.now() - last) > DAY_MS;
  };
  const keepUp = async (): Promise<void> => {
    if (env.live.size > 0 || !(await due())) return;
    const now = clock.now();
    const last = await readRow(env.ports, 'retention/last', []);
    await store.commit([writeRow('retention/last', [], now)]);
    const gone = await removeExpired(env, borneOut(last, now), abort.signal);
    const cleared = await storage.clearCaches(MAX_CACHE_BYTES, abort.signal);
    if (cleared.bytes > 0) log.info('The caches of build tools were emptied', { bytes: cleared.bytes });
    if (!(await findRow(env.ports, 'retention/sweep', []))) return;
    const swept = await sweep(env, GRACE_MS.byItself, abort.signal);
    log.info('Runs past their time were removed', { runs: gone.length, texts: swept.count, bytes: swept.bytes });
    const { freeBytes, bytes } = await storage.usage(abort.signal);
    if (env.live.size === 0 && freeBytes > WORTH_COMPACTING.bytes && freeBytes > bytes * WORTH_COMPACTING.part)
      await storage.compact(abort.signal);
  };
  const quietly = async (): Promise<void> => {
    try {
      await keepUp();
    } catch (error) {
      if (!abort.signal.aborted) log.warn('The stored runs could not be looked after', { error: String(error) });
    }
  };
  const fromTimeToTime = async (): Promise<void> => {
    for (let wait = IDLE_MS; ; wait = AGAIN_MS) {
      await clock.sleep(wait, abort.signal);
      await quietly();
    }
  };
  void fromTimeToTime().catch(() => undefined); // it only ends by being stopped
  return { beforeClose: quietly, stop: () => abort.abort() };
}
