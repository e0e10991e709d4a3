/**
 * One error class for what a caller could not foresee. It carries a code and typed parameters; the sentence a person
 * reads is made at the door from `view/sentences.ts`, so that it can be translated. Branch on `code`, never on text.
 */
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

export type ErrorCode =
  // where we are
  | 'no-folder'
  | 'untrusted'
  | 'root-not-found'
  | 'not-owner'
  | 'owner-unreachable'
  | 'owner-refused'
  // planning
  | 'intent-empty'
  | 'intent-unreadable'
  | 'plan-not-found'
  | 'plan-invalid'
  | 'plan-not-approved'
  | 'plan-stale'
  | 'plan-in-use'
  | 'answer-malformed'
  | 'task-not-found'
  | 'story-not-found'
  | 'proposal-not-found'
  | 'proposal-answered'
  | 'proposal-begun'
  | 'proposal-edited'
  | 'proposal-empty'
  | 'proposal-invalid'
  // blueprints and runs
  | 'blueprint-not-found'
  | 'blueprint-invalid'
  | 'blueprint-unseen'
  | 'blueprint-unreadable'
  | 'policy-invalid'
  | 'blueprint-changed'
  | 'run-not-found'
  | 'run-state'
  | 'run-active'
  | 'approval-not-found'
  | 'approval-resolved'
  | 'approval-stale'
  | 'action-unknown'
  | 'budget-exceeded'
  | 'step-corrupt'
  | 'step-not-found'
  | 'rerun-tree-changed'
  | 'nothing-to-run'
  | 'nothing-to-verify'
  | 'verify-active'
  | 'task-in-run'
  | 'check-not-green'
  | 'diagnostics-missing'
  | 'diagnostics-unknown'
  // taking back
  | 'step-not-found'
  | 'nothing-to-roll-back'
  | 'rollback-live'
  | 'rollback-stale'
  | 'rollback-conflict'
  | 'rollback-missing'
  | 'rollback-unreadable'
  | 'rollback-not-found'
  | 'rollback-over'
  // the world
  | 'path-outside'
  | 'path-protected'
  | 'path-invalid'
  | 'file-changed'
  | 'file-unwritable'
  | 'file-not-text'
  | 'file-too-large'
  | 'disk-full'
  | 'apply-failed'
  | 'patch-invalid'
  | 'patch-mismatch'
  | 'command-not-found'
  | 'command-denied'
  | 'command-timeout'
  | 'shell-missing'
  | 'git-missing'
  | 'git-state'
  | 'git-file'
  | 'git-failed'
  | 'git-identity'
  | 'git-sign'
  // models
  | 'model-none'
  | 'price-unknown'
  | 'model-auth'
  | 'model-rate-limited'
  | 'model-overloaded'
  | 'model-context'
  | 'model-refused'
  | 'model-network'
  | 'model-malformed'
  | 'model-stalled'
  | 'model-unknown'
  | 'recording-missing'
  // state
  | 'store-corrupt'
  | 'store-newer'
  | 'store-locked'
  | 'store-lost'
  | 'store-readonly'
  | 'store-full'
  | 'store-unwritable'
  | 'blob-missing'
  | 'record-invalid'
  | 'archive-invalid'
  | 'store-in-use'
  | 'folder-moved'
  // doors
  | 'request-invalid'
  | 'usage'
  | 'internal';

export class OpenExecError extends Error {
  override readonly name = 'OpenExecError';

  constructor(
    readonly code: ErrorCode,
    readonly params: ErrorParams = {},
    /** For logs and stack traces; people read the sentence of the code. */
    detail?: string,
    options?: { cause?: unknown },
  ) {
    super(detail ?? `${code} ${JSON.stringify(params)}`, options);
  }

  /** Each bundle (extension, host, command line) holds a copy of this class: an error is known by its shape, whichever copy made it. */
  static override [Symbol.hasInstance](value: unknown): value is OpenExecError {
    return value instanceof Error && value.name === 'OpenExecError' && 'code' in value && 'params' in value;
  }
}

export const isOpenExecError = (error: unknown, code?: ErrorCode): error is OpenExecError =>
  error instanceof OpenExecError && (code === undefined || error.code === code);

export function asOpenExecError(error: unknown): OpenExecError {
  if (error instanceof OpenExecError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new OpenExecError('internal', { detail }, detail, { cause: error });
}

/** Whether an error is only the echo of an abort; such errors are outcomes, not failures. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException ? error.name === 'AbortError' : error instanceof Error && error.name === 'AbortError';
