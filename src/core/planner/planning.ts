/**
 * One planning: its calls are rows and its events a stream of their own, both under the id the plan will have.
 * The person's budget is its hard stop: it begins anew with each planning.
 */
import { canonicalJson } from '../../base/canonical.js';
import { asOpenExecError, isAbort, OpenExecError } from '../errors.js';
import { PLAN_EVENT_VERSION, type PlanEventBody } from '../model/plan-event.js';
import { callKey, type CallRecord } from '../model/records.js';
import type { Budget } from '../model/run.js';
import { askModel, type Answer, type Asker, type ModelCallDone, type Question } from '../models/ask-model.js';
import type { Ports, Write } from '../ports/ports.js';
import { createBudgetMeter } from '../record/budget.js';
import { keepText } from '../record/keep.js';
import { planningStep } from '../record/ledger.js';
import { inTime } from '../record/stage-time.js';
import { withoutSecrets } from '../text/without-secrets.js';

/** Of one answer: a whole plan takes minutes to be written, not a quarter of an hour. */
const ANSWER_MS = 15 * 60_000;

export type PlanningPorts = Pick<Ports, 'models' | 'store' | 'clock' | 'hasher' | 'redact'>;

export interface Planning {
  /** Errors: planning-budget, model-stalled where the time was up, model-…, recording-missing, the signal's reason. */
  ask(question: Question, signal: AbortSignal): Promise<Answer>;
  /** Stores the event now. */
  tell(body: PlanEventBody): Promise<void>;
  /** To be stored with other rows. */
  event(body: PlanEventBody): Write;
}

export function createPlanning(plan: string, budget: Budget, ports: PlanningPorts): Planning {
  const { store, clock, hasher, redact } = ports;
  const began = clock.monotonic();
  const meter = createBudgetMeter(budget, { usd: 0, tokens: 0, calls: 0 });
  let seq = 0;
  let calls = 0;
  let noted: Write[] = [];

  const event = (body: PlanEventBody): Write => ({
    table: 'plan_events',
    row: { ...withoutSecrets(body, redact), v: PLAN_EVENT_VERSION, plan, seq: ++seq, at: clock.now() },
  });
  const commit = async (...writes: Write[]): Promise<void> => {
    const batch = [...noted, ...writes];
    noted = [];
    await store.commit(batch);
  };
  const row = (call: CallRecord): Write => ({ table: 'calls', row: call });

  const record: Asker['record'] = async (spec, perform) => {
    const step = planningStep(plan, 'generate');
    const n = ++calls;
    const key = callKey(step, n);
    await spec.before(key);
    const call: CallRecord = {
      key,
      run: plan,
      step,
      n,
      kind: 'model',
      name: spec.name,
      status: 'started',
      input: hasher.sha256(canonicalJson(spec.input)),
      startedAt: clock.now(),
      reservedUsd: spec.reserved.usd,
    };
    // Nobody comes back to a call that a crash cut off:
    // until its outcome is stored it counts with the most it can cost.
    await commit(row({ ...call, atMost: spec.reserved }));
    const started = clock.monotonic();
    const took = () => Math.round(clock.monotonic() - started);
    let done: ModelCallDone;
    try {
      done = await perform(key);
    } catch (error) {
      const lost = spec.spentBy(error) ?? spec.reserved;
      const atMost = lost.usd === 0 && lost.tokens === 0 ? undefined : { atMost: lost };
      if (atMost) meter.book({ ...lost, calls: 1 });
      const code = isAbort(error) ? 'cancelled' : asOpenExecError(error).code;
      await commit(
        row({ ...call, settled: true, ...atMost }),
        event({ type: 'model-failed', call: key, code, durationMs: took(), ...atMost }),
      );
      throw error;
    }
    const finished: CallRecord = {
      ...call,
      status: 'finished',
      finishedAt: clock.now(),
      result: done.result,
      events: 1,
      spentMs: took(),
      tookMs: took(),
    };
    if ('called' in done) {
      const { usage, costUsd } = done.called;
      await commit(row({ ...finished, usage, costUsd }), event({ type: 'model-called', ...done.called }));
    } else {
      const { atMost } = done;
      await commit(
        row({ ...finished, atMost }),
        event({ type: 'model-failed', call: key, code: 'model-stalled', durationMs: took(), atMost }),
      );
    }
    return done.result;
  };

  return {
    event,
    tell: (body) => commit(event(body)),
    async ask(question, signal) {
      const asker: Asker = {
        ports,
        keep: (text) => keepText({ ports, journal: { note: (writes) => void noted.push(...writes) } }, text),
        record,
        room: async (estimate) => {
          const taken = meter.reserve(estimate, clock.monotonic() - began);
          if (!('what' in taken)) return taken;
          const { what, spent, limit } = taken;
          throw new OpenExecError('planning-budget', { what: unit[what], spent: round(spent), limit: round(limit) });
        },
        inTime: (run) => inTime(clock, ANSWER_MS, run, signal),
      };
      const answer = await askModel(asker, question);
      if (!answer) throw new OpenExecError('model-stalled', { seconds: ANSWER_MS / 1000 });
      return answer;
    },
  };
}

const unit = { usd: 'USD', tokens: 'tokens', calls: 'calls', wallMs: 'ms' } as const;
const round = (amount: number): number => Math.round(amount * 10_000) / 10_000;
