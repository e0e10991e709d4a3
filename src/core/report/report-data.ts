/** What a report tells of a run, as plain values: asked, done, verified, changed, spent, decided, left open. */
import type { Reason } from '../model/primitives.js';
import type { RunStatus, TaskStatus } from '../model/status.js';

export interface ReportCheck {
  task: string;
  purpose: string;
  command: string;
  exitCode: number | null;
  timedOut: boolean;
  durationMs: number;
  at: number;
  /** Last lines, only of one that failed. */
  tail: string;
}

export interface ReportStage {
  attempt: number;
  stage: string;
  visit: number;
  outcome: string;
  durationMs: number;
  costUsd: number | null;
  summary: string;
}

export interface ReportTask {
  id: string;
  title: string;
  story: string;
  storyTitle: string;
  /** A story's own check: it counts as no task. */
  isCheck: boolean;
  description: string;
  strategy: string;
  verification: string;
  status: TaskStatus;
  unverified: boolean;
  reason?: Reason | undefined;
  blockedBy?: string | undefined;
  attempts: number;
  /** undefined = not known. */
  durationMs: number | undefined;
  costUsd: number | null;
  tokens: number;
  commit: string;
  stages: ReportStage[];
}

export interface ReportFile {
  path: string;
  from?: string | undefined;
  added: number;
  removed: number;
  before: string | null;
  after: string | null;
  /** Unified; '' when it is not text or was left out. */
  diff: string;
  /** Why there is no diff. */
  note: string;
}

export interface ReportQuestion {
  at: number;
  answeredAt?: number | undefined;
  /** Until it was answered; undefined = not known, as no process was there to measure it. */
  waitedMs?: number | undefined;
  task: string;
  kind: string;
  title: string;
  why: string;
  status: string;
  by: string;
  option: string;
  comment: string;
}

export interface ReportDecision {
  task: string;
  subject: string;
  effect: string;
  rule: string;
  reason: string;
}

export interface ReportData {
  run: {
    id: string;
    title: string;
    kind: string;
    status: RunStatus;
    reason?: Reason | undefined;
    planName: string;
    iteration?: number | undefined;
    blueprint: string;
    blueprintHash: string;
    model: string;
    recorded: boolean;
    sandbox: string;
    approval: string;
    branch: string | null;
    commitsEnabled: boolean;
    createdAt: number;
    startedAt?: number | undefined;
    finishedAt?: number | undefined;
    /** That processes worked on it; undefined = not known. */
    durationMs: number | undefined;
    events: number;
    rerunOf?: { run: string; step: string } | undefined;
  };
  tasks: ReportTask[];
  checks: ReportCheck[];
  files: ReportFile[];
  commits: { sha: string; subject: string; task: string; at: number; files: string[] }[];
  spent: {
    costUsd: number | null;
    tokens: number;
    calls: number;
    budgetUsd: number | null;
    budgetTokens: number | null;
    models: { model: string; calls: number; tokens: number; costUsd: number | null }[];
  };
  questions: ReportQuestion[];
  decisions: { allowed: number; asked: number; denied: number; listed: ReportDecision[] };
  warnings: { at: number; task: string; reason: Reason }[];
  /** What was taken back, and brought back. */
  rollbacks: { at: number; what: string; files: string[]; commit: string }[];
  /** Parts that did not fit, in words: `412 of 912 checks`. */
  left: string[];
}
