/**
 * The stage machine of one attempt: which stage comes next, by counting alone. Pure and incremental: each finished
 * visit costs O(1), so an attempt of n visits costs O(n), and a resumed one folds its records through the same code.
 */
import type { AttentionOption } from '../model/approval.js';
import type { Reason } from '../model/primitives.js';
import type { StageOutcome } from '../model/status.js';

export interface MachineStage {
  onSuccess: string;
  /** Absent: a failure of this stage fails the attempt. */
  onFailure?: string | undefined;
  maxRetries: number;
}
export interface MachineBlueprint {
  start: string;
  stages: Readonly<Record<string, MachineStage>>;
}

type About = Reason['params'];

export type Move =
  | { type: 'enter'; stage: string; visit: number }
  /** A cap was reached: the run pauses and asks. `after` is the step that failed. */
  | {
      type: 'attention';
      code: 'retries-exhausted' | 'total-retries-exhausted' | 'paused-by-blueprint' | 'stage-cannot-run';
      stage: string;
      after: string;
      failures: number;
      /** Of `stage-cannot-run`: what the question is made of. */
      about?: About;
    }
  | { type: 'attempt-failed'; stage: string; after: string }
  | { type: 'done'; evidence: boolean };

export interface FinishedVisit {
  key: string;
  stage: string;
  visit: number;
  status: StageOutcome;
  /** A check that exited 0 ran in it. */
  evidence: boolean;
  /** A stage that chose its own way (`route`); must be one of its `routes`, which the caller has checked. */
  route?: string | undefined;
  /** Says how a check failed, equal for the same failure: exit code and output. Absent in older records. */
  failedAs?: string | undefined;
  /** It failed because a command of it could not be run: no stage can heal that, a person is asked. */
  cannotRun?: About | undefined;
}

export interface Machine {
  /** Where it stands now. Asking twice gives the same answer. */
  move(): Move;
  /** Folds the visit that `move()` said to enter. */
  finish(visit: FinishedVisit): void;
  /**
   * Folds a visit of a check that nobody said to enter: it is run again where the work was merged.
   * Passed, the machine stands where it stood; failed, it heals from there.
   */
  recheck(visit: FinishedVisit): void;
  /** Folds the operator's answer to an `attention` move. Skipping, giving up and starting over are the caller's. */
  answer(option: Extract<AttentionOption, 'retry' | 'continue' | 'accept'>): void;
}

export function createMachine(blueprint: MachineBlueprint, maxTotalRetries: number): Machine {
  const visits = new Map<string, number>();
  const failuresSinceSuccess = new Map<string, number>();
  /** What a person let pass, by stage: a failure that is the same again is followed as if it had succeeded. */
  const passes = new Map<string, string>();
  let totalFailures = 0;
  let evidence = false;
  let current: Move;
  let last: FinishedVisit | undefined;

  const enter = (stage: string): Move => ({ type: 'enter', stage, visit: (visits.get(stage) ?? 0) + 1 });
  const follow = (target: string, from: FinishedVisit): Move => {
    if (target === 'done') return { type: 'done', evidence };
    if (target === 'fail') return { type: 'attempt-failed', stage: from.stage, after: from.key };
    if (target === 'paused')
      return { type: 'attention', code: 'paused-by-blueprint', stage: from.stage, after: from.key, failures: 0 };
    return enter(target);
  };
  current = enter(blueprint.start);

  const afterFailure = (visit: FinishedVisit, stage: MachineStage): Move => {
    const failures = (failuresSinceSuccess.get(visit.stage) ?? 0) + 1;
    failuresSinceSuccess.set(visit.stage, failures);
    totalFailures += 1;
    if (!stage.onFailure) return { type: 'attempt-failed', stage: visit.stage, after: visit.key };
    if (failures > stage.maxRetries)
      return { type: 'attention', code: 'retries-exhausted', stage: visit.stage, after: visit.key, failures };
    if (totalFailures > maxTotalRetries)
      return {
        type: 'attention',
        code: 'total-retries-exhausted',
        stage: visit.stage,
        after: visit.key,
        failures: totalFailures,
      };
    return follow(stage.onFailure, visit);
  };

  return {
    move: () => current,
    finish(visit) {
      const stage = blueprint.stages[visit.stage];
      if (!stage) throw new Error(`stage ${visit.stage} is not in the blueprint`);
      visits.set(visit.stage, visit.visit);
      last = visit;
      evidence ||= visit.evidence;
      if (visit.route) current = follow(visit.route, visit);
      else if (visit.cannotRun)
        current = {
          type: 'attention',
          code: 'stage-cannot-run',
          stage: visit.stage,
          after: visit.key,
          failures: 0,
          about: visit.cannotRun,
        };
      else if (visit.status === 'succeeded' || visit.status === 'skipped') {
        failuresSinceSuccess.delete(visit.stage);
        current = follow(stage.onSuccess, visit);
      } else if (visit.failedAs !== undefined && passes.get(visit.stage) === visit.failedAs)
        current = follow(stage.onSuccess, visit);
      else current = afterFailure(visit, stage);
    },
    recheck(visit) {
      const stood = current;
      this.finish(visit);
      if (visit.status === 'succeeded' || visit.status === 'skipped')
        current = stood.type === 'done' ? { type: 'done', evidence } : stood;
    },
    answer(option) {
      if (current.type !== 'attention' || !last) throw new Error('no question is open');
      const stage = blueprint.stages[last.stage];
      failuresSinceSuccess.delete(last.stage);
      totalFailures = 0;
      if (current.code === 'stage-cannot-run') {
        current =
          option === 'continue' && stage
            ? follow(stage.onSuccess, last)
            : option === 'accept' && stage?.onFailure
              ? follow(stage.onFailure, last)
              : enter(last.stage);
        return;
      }
      if (option === 'continue' && last.failedAs !== undefined) passes.set(last.stage, last.failedAs);
      // Fixed by hand: the stage that failed decides again. Otherwise its healing stage gets new tries.
      current =
        option === 'retry' && stage?.onFailure && current.code !== 'paused-by-blueprint'
          ? follow(stage.onFailure, last)
          : enter(last.stage);
    },
  };
}
