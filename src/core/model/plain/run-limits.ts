/**
 * The limits of a run that are counted, in one table: what a run freezes when it starts, and what a setting or a
 * blueprint may say. The numbers are the project's own choice: each is well above what a task that gets
 * somewhere needs, so that whoever reaches one is stuck, and a person is asked before more is spent. Money,
 * tokens and time are the budget's (model/run.ts).
 */
export const RUN_LIMITS = {
  /** Model turns in one visit of an agentic stage; it fails without a result after them. */
  turnsPerVisit: 40,
  /** Attempts at a task by itself; then a person is asked. */
  attemptsPerTask: 3,
  /** Failures of stages in one attempt, all stages together; then a person is asked. */
  retriesPerAttempt: 10,
  /** Failures of one stage in one attempt (`max_retries` of a blueprint). */
  retriesPerStage: { default: 3, max: 10 },
  /** Of a stage (`timeout` of a blueprint), in milliseconds. */
  stageTimeoutMs: { default: 10 * 60_000 },
  /** Tasks of parallel stories at once, each in a worktree (the setting maxParallel). */
  parallelTasks: { min: 1, max: 8, default: 2 },
} as const;
