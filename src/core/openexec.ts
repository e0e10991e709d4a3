/** The façade every door uses: extension, command line, tests. One per root. */
import { createEmitter } from '../base/emitter.js';
import { OpenExecError } from './errors.js';
import type { Change, OpenExec } from './facade.js';
import type { Progress, RunEvent } from './model/event.js';
import type { RunConfig } from './model/run.js';
import { requests, type Handlers, type Method } from './model/requests.js';
import type { Root } from './model/primitives.js';
import type { Ports, Settings } from './ports/ports.js';
import { withProjectPrograms } from './record/environments.js';
import { createAlone } from './requests/runs/alone.js';
import { approvalHandlers } from './requests/approvals.js';
import { blueprintHandlers } from './requests/blueprints.js';
import { environmentHandlers } from './requests/environments.js';
import type { BlueprintText, Environment } from './requests/environment.js';
import { interruptOrphans } from './requests/runs/load-live-run.js';
import { planHandlers } from './requests/plans/plans.js';
import { policyHandlers } from './requests/policy.js';
import { problemHandlers } from './requests/problem.js';
import { proposalHandlers } from './requests/plans/proposals.js';
import { taskHandlers } from './requests/runs/tasks.js';
import { rollbackRequests } from './requests/rollback.js';
import { createChecks, verifyHandlers } from './requests/plans/verify.js';
import { reportHandlers } from './requests/report.js';
import { replayHandlers } from './requests/replay.js';
import { resumeRun } from './requests/runs/resume-run.js';
import { runHandlers } from './requests/runs/runs.js';
import { createRunOwners } from './requests/runs/run-owner.js';
import { statusOf } from './requests/status.js';
import { errorWithoutSecrets } from './text/without-secrets.js';
import { scheduleUpkeep, storageHandlers } from './requests/storage.js';

export interface OpenExecOptions {
  root: Root;
  settings(): Promise<Settings>;
  /** Text of a shipped blueprint by id. */
  blueprint(id: string): Promise<BlueprintText | undefined>;
  shippedBlueprints: readonly string[];
  owner: { pid: number; door: string; since: number };
}

/** Gives runs that are going this long to reach a safe point before they are stopped where they are. */
const CLOSE_GRACE_MS = 1500;

export async function createOpenExec(given: Ports, options: OpenExecOptions): Promise<OpenExec> {
  const ports = withProjectPrograms(given, options.root);
  const failed = (error: unknown) => ports.log.error('A listener failed', error);
  const sinks = {
    events: createEmitter<RunEvent>(failed),
    progress: createEmitter<Progress>(failed),
    changes: createEmitter<Change>(failed),
  };
  const env: Environment = {
    ...options,
    ports,
    sinks,
    owners: createRunOwners(ports),
    live: new Map(),
    folded: new Map(),
    indexes: new Map(),
    changing: new Map(),
  };
  const alone = createAlone(env);
  const resume = (run: string, onAsk?: RunConfig['onAsk']) => resumeRun(env, alone, run, { onAsk });
  const rollbacks = rollbackRequests(env, alone);
  const checks = createChecks(env, alone);
  const handlers: Handlers = {
    ...blueprintHandlers(env),
    ...planHandlers(env),
    ...proposalHandlers(env),
    ...verifyHandlers(env, checks),
    ...taskHandlers(env, checks),
    ...runHandlers(env, alone),
    ...rollbacks.handlers,
    ...replayHandlers(env, resume),
    ...reportHandlers(env),
    ...policyHandlers(env),
    ...approvalHandlers(env, resume),
    ...storageHandlers(env),
    ...problemHandlers(env),
    ...environmentHandlers(env),
    status: async (_, signal) => await statusOf(env, options.owner, handlers, signal),
  };
  await interruptOrphans(env);
  await rollbacks.settleAll();
  const upkeep = scheduleUpkeep(env);

  let closing: Promise<void> | undefined;
  const close = async () => {
    env.closing = true;
    const ends = [...env.live.values()].map(({ run, ended }) => {
      run.signals.requestPause('interrupted');
      return { run, ended };
    });
    const checked = checks.stop(); // it is nobody's work: it is not waited for, and can be run again
    const grace = new AbortController();
    await Promise.race([
      Promise.all(ends.map((one) => one.ended)),
      ports.clock.sleep(CLOSE_GRACE_MS, grace.signal).catch(() => undefined),
    ]);
    grace.abort();
    for (const { run } of ends) if (env.live.has(run.id)) run.signals.stopNow('interrupted');
    await Promise.all(ends.map((one) => one.ended));
    await Promise.all([checked, rollbacks.idle()]);
    // A terminal is seldom open for long; a window that closes has no time.
    if (options.owner.door === 'terminal') await upkeep.beforeClose();
    upkeep.stop();
    await ports.store.close();
  };

  return {
    onEvent: sinks.events.on,
    onProgress: sinks.progress.on,
    onChange: sinks.changes.on,
    async request(method, params, signal = new AbortController().signal) {
      // Names come from a socket too: what every object inherits is no request.
      const row = Object.hasOwn(requests, method) ? requests[method as Method] : undefined;
      if (!row) throw new OpenExecError('request-invalid', { problem: `there is no ${String(method)}` });
      if (closing) throw new OpenExecError('not-owner', {});
      const parsed = row.params.safeParse(params);
      if (!parsed.success)
        throw new OpenExecError('request-invalid', {
          problem: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
        });
      const handle = handlers[method] as (params: unknown, signal: AbortSignal) => Promise<never>;
      try {
        return await handle(parsed.data, signal);
      } catch (error) {
        throw errorWithoutSecrets(error, ports.redact);
      }
    },
    close: () => (closing ??= close()),
    dispose() {
      sinks.events.dispose();
      sinks.progress.dispose();
      sinks.changes.dispose();
    },
  };
}
