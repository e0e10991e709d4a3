/** Where a killed process works, and what must hold there: after every kill, and once its run is completed. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';
import { filesOf, type Job } from './engine-plan.js';

export interface Place {
  root: string;
  data: string;
  /** Sequence number and hash of every event that was told. */
  told: string;
  /** First letter of what the process was doing. */
  phase: string;
}

/** Where a process can be killed: in a step, in a commit of the store, while a change set is applied, in `git commit`, while a model's stream is open. */
export const phases = ['step', 'commit', 'apply', 'git', 'model'] as const;
export type Phase = (typeof phases)[number];

export const gitIn = (root: string, ...args: string[]): string =>
  execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });

export function makePlace(folder: string, job: Job): Place {
  const place = {
    root: path.join(folder, 'root'),
    data: path.join(folder, 'data'),
    told: path.join(folder, 'told'),
    phase: path.join(folder, 'phase'),
  };
  for (const [file, text] of Object.entries(job.before)) {
    mkdirSync(path.dirname(path.join(place.root, file)), { recursive: true });
    writeFileSync(path.join(place.root, file), text);
  }
  writeFileSync(place.told, '');
  gitIn(place.root, 'init', '-q', '-b', 'main');
  gitIn(place.root, 'config', 'user.name', 'Ada');
  gitIn(place.root, 'config', 'user.email', 'ada@example.org');
  gitIn(place.root, 'add', '.');
  gitIn(place.root, 'commit', '-q', '-m', 'Begin');
  return place;
}

export const phaseOf = (place: Place): Phase => {
  const letter = existsSync(place.phase) ? readFileSync(place.phase, 'latin1') : '';
  return phases.find((phase) => phase[0] === letter) ?? 'step';
};

const toldIn = (place: Place): [seq: number, hash: string][] =>
  readFileSync(place.told, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [seq, hash] = line.split(' ');
      return [Number(seq), hash ?? ''];
    });

/** Right after a kill, read by Node's own SQLite from a copy. Gives the tasks whose change set was half on the disk. */
export function checkKilled(place: Place, job: Job, how: string): string[] {
  const file = path.join(place.data, 'openexec.db');
  if (!existsSync(file)) return [];
  const copy = path.join(path.dirname(place.data), 'copy.db');
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  const db = new DatabaseSync(copy);
  try {
    expect(
      db
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => ({ ...row })),
      how,
    ).toEqual([{ integrity_check: 'ok' }]);
    if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'calls'").get()) return [];
    const last = Number(db.prepare('SELECT coalesce(max(seq), 0) AS last FROM events').get()?.['last']);
    expect(last, `${how}: events were told that are not stored`).toBeGreaterThanOrEqual(
      Math.max(0, ...toldIn(place).map(([seq]) => seq)),
    );
    const inFlight = db
      .prepare("SELECT key FROM calls WHERE status = 'started' AND json_extract(json, '$.kind') = 'apply'")
      .all()
      .map((row) => String(row['key']));
    const half = job.tasks.filter((task) => isHalf(place, task));
    // What is half on the disk is known as begun, so that whoever resumes settles it.
    const calls = () =>
      JSON.stringify([
        db
          .prepare(
            "SELECT key, json_extract(json, '$.kind') AS kind, json_extract(json, '$.result') AS result FROM calls WHERE json_extract(json, '$.kind') IN ('apply', 'tool') ORDER BY at LIMIT 9",
          )
          .all(),
        db.prepare('SELECT id, status FROM change_sets').all(),
        db.prepare("SELECT json FROM events WHERE type = 'warning'").all(),
      ]);
    for (const task of half)
      expect(
        inFlight.some((key) => key.split('/')[1] === task),
        `${how}: the change of ${task} is half on the disk and nothing says so: ${stateOf(place, task).join()} ${calls()}`,
      ).toBe(true);
    return half;
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
}

function isHalf(place: Place, task: string): boolean {
  const done = stateOf(place, task);
  return done.includes(true) && done.includes(false);
}

/** Whether its new file is there, its line, and its old file is gone. */
function stateOf(place: Place, task: string): boolean[] {
  const { made, changed, line, deleted } = filesOf(task);
  const there = (file: string) => existsSync(path.join(place.root, file));
  return [
    there(made),
    there(changed) && readFileSync(path.join(place.root, changed), 'utf8').split('\n').includes(line),
    !there(deleted),
  ];
}

/** Everything that must hold once the run is completed, however often it was killed. */
export async function checkCompleted(place: Place, job: Job, how: string): Promise<{ events: number }> {
  const { store, notices } = await openSqliteStore({ dir: place.data, wasm: WASM, clock: Date, log: createFakeLog() });
  try {
    expect(notices).toEqual([]);
    const runs = await store.runs(10);
    expect(
      runs.map((run) => run.status),
      how,
    ).toEqual(['completed']);
    const run = runs[0]?.id ?? '';
    const events = await store.events(run, 0, 1_000_000);

    // Numbered without a gap, and what was told stands as it was told.
    expect(
      events.map((event) => event.seq),
      how,
    ).toEqual(events.map((_, index) => index + 1));
    const { sha256 } = createHasher();
    for (const [seq, hash] of toldIn(place))
      expect(sha256(canonicalJson(events[seq - 1])), `${how}: event ${seq} is lost, or another than was told`).toBe(
        hash,
      );

    // Nothing twice.
    const keysOf = (pick: (event: (typeof events)[number]) => string | undefined) =>
      events.flatMap((event) => pick(event) ?? []);
    for (const keys of [
      keysOf((event) => (event.type === 'stage-finished' ? event.step : undefined)),
      keysOf((event) => (event.type === 'stage-started' ? event.step : undefined)),
      keysOf((event) =>
        event.type === 'model-called' || event.type === 'tool-called' || event.type === 'command-run'
          ? event.call
          : undefined,
      ),
      keysOf((event) => (event.type === 'changes-applied' ? event.changeSet : undefined)),
      keysOf((event) => (event.type === 'approval-requested' ? event.approval : undefined)),
      keysOf((event) => (event.type === 'commit-made' ? event.step : undefined)),
    ])
      expect(
        keys.filter((key, index) => keys.indexOf(key) !== index),
        how,
      ).toEqual([]);
    expect(
      (await store.steps(run)).filter((step) => step.status === 'running'),
      how,
    ).toEqual([]);
    expect(
      (await store.changeSets(run)).map((set) => set.status).filter((status) => status !== 'applied'),
      how,
    ).toEqual([]);
    expect(await store.pendingApprovals(), how).toEqual([]);

    // One commit a task, each with its own trailer, and the records agree with git.
    const log = gitIn(
      place.root,
      'log',
      '--format=%H %(trailers:key=OpenExec-Task,valueonly,separator=%x2C) %(trailers:key=OpenExec-Step,valueonly,separator=%x2C)',
    )
      .trim()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
    expect(
      log.map(([, task]) => task),
      how,
    ).toEqual([...job.tasks].reverse());
    expect(new Set(log.map(([, , step]) => step)).size, how).toBe(job.tasks.length);
    expect((await store.commits(run)).map((commit) => commit.sha).sort(), how).toEqual(log.map(([sha]) => sha).sort());

    // The tree, and nothing left over in it.
    for (const [file, text] of Object.entries(job.after))
      expect(readFileSync(path.join(place.root, file), 'utf8'), `${how}: ${file}`).toBe(text);
    for (const file of Object.keys(job.before))
      expect(existsSync(path.join(place.root, file)), `${how}: ${file}`).toBe(file in job.after);
    expect(gitIn(place.root, 'status', '--porcelain', '--ignored'), how).toBe('');
    return { events: events.length };
  } finally {
    await store.close();
  }
}
