/** What the request handlers share: the ports of one root, its sinks, and the runs that live in this process. */
import { encodeUtf8 } from '../../base/bytes.js';
import { OpenExecError } from '../errors.js';
import type { EventOf } from '../model/event.js';
import { eachTask, type PlanRecord, type Story, type Task } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import type { RunRecord, RunState } from '../model/run.js';
import type { Ports, Settings } from '../ports/ports.js';
import type { LiveRun, Sinks } from '../record/live-run.js';
import { readRow } from '../record/small-rows.js';
import type { RunOwners } from './runs/run-owner.js';

export interface BlueprintText {
  id: string;
  text: string;
  /** For messages. */
  file: string;
}

export interface Environment {
  ports: Ports;
  root: Root;
  sinks: Sinks;
  settings(): Promise<Settings>;
  /** Text of a shipped blueprint. */
  blueprint(id: string): Promise<BlueprintText | undefined>;
  shippedBlueprints: readonly string[];
  owner: { pid: number; door: string; since: number };
  /** Who may write for which run: decided by the store. */
  owners: RunOwners;
  /**
   * Runs whose loop is going in this process, with the promise of its end: whom a pause, a cancel or an answer is told.
   */
  live: Map<string, { run: LiveRun; ended: Promise<void> }>;
  /**
   * Runs that were found cut off at open, folded up to where they stood then:
   * who loads one reads what came after. Taken by the first.
   */
  folded: Map<string, { state: RunState; created: EventOf<'run-created'> }>;
  /** Set when the façade closes: nothing is begun any more. */
  closing?: boolean;
  /** Newest iterations by plan id, dropped whenever one is written: reading a task costs O(1), not the plan. */
  indexes: Map<string, Promise<PlanIndex | undefined>>;
  /**
   * By plan id: the end of the last change that was asked for in this process. What it is made from, the store decides.
   */
  changing: Map<string, Promise<unknown>>;
}

export interface PlanIndex {
  plan: PlanRecord;
  tasks: ReadonlyMap<string, { story: Story; task: Task }>;
}

export function planIndex(env: Environment, id: string): Promise<PlanIndex | undefined> {
  const known = env.indexes.get(id);
  if (known) return known;
  // The promise is kept, not its value: one that is dropped while it is being read does not come back.
  const reading = readIndex(env, id);
  env.indexes.set(id, reading);
  const forget = () => void (env.indexes.get(id) === reading && env.indexes.delete(id));
  void reading.then((index) => index ?? forget(), forget); // whoever asked hears of a failure
  return reading;
}

async function readIndex(env: Environment, id: string): Promise<PlanIndex | undefined> {
  const plan = await env.ports.store.plan(id);
  return plan && { plan, tasks: new Map([...eachTask(plan.document)].map((found) => [found.task.id, found])) };
}

export async function requirePlan(env: Environment, id: string): Promise<PlanRecord> {
  const plan = await env.ports.store.plan(id);
  if (!plan) throw new OpenExecError('plan-not-found', { plan: id });
  return plan;
}

export async function requireRun(env: Environment, id: string): Promise<RunRecord> {
  const run = await env.ports.store.run(id);
  if (!run) throw new OpenExecError('run-not-found', { run: id });
  return run;
}

export async function currentPlan(env: Environment): Promise<PlanRecord | undefined> {
  const id = await readRow(env.ports, 'current-plan', []);
  const chosen = id === undefined ? undefined : await env.ports.store.plan(id);
  if (chosen) return chosen;
  const plans = await env.ports.store.plans();
  return plans.findLast((plan) => !plan.archived);
}

export const putText = (env: Environment, text: string): Promise<string> => env.ports.store.putBlob(encodeUtf8(text));
