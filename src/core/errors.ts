/**
 * One error class for what a caller could not foresee. It carries a code and typed parameters; the sentence a person
 * reads is made at the door from `view/sentences.ts`, so that it can be translated. Branch on `code`, never on text.
 */
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

type Nothing = Readonly<Record<string, never>>;
const nothing: Nothing = {};

/** Every code, and what its sentence is made of. */
export interface ErrorParameters {
  // where we are
  'no-folder': Nothing;
  untrusted: Nothing;
  'root-not-found': { path: string };
  'not-owner': Nothing;
  'owner-unreachable': { pid: number };
  'owner-refused': Nothing;
  // planning
  'intent-empty': Nothing;
  'intent-unreadable': { path: string };
  /** A text that is given to OpenExec in another encoding than UTF-8. */
  'text-utf16': { path: string };
  'text-not-utf8': { path: string };
  'text-missing': { path: string };
  'text-folder': { path: string };
  'plan-not-found': { plan: string };
  'plan-invalid': { count: number; first: string };
  'plan-not-approved': { name: string };
  'plan-stale': Nothing;
  'plan-in-use': { name: string };
  'planning-budget': { what: string; spent: number; limit: number };
  'answer-malformed': { tries: number; problem: string };
  'task-not-found': { task: string };
  'story-not-found': { story: string };
  'proposal-not-found': { proposal: string };
  'proposal-answered': { status: string };
  'proposal-begun': { task: string };
  'proposal-edited': { task: string; field: string };
  'proposal-empty': Nothing;
  'proposal-invalid': { count: number; first: string };
  // blueprints and runs
  'blueprint-not-found': { id: string; known: string };
  'blueprint-invalid': { id: string; line: number; column: number; problem: string };
  'blueprint-unseen': { id: string; file: string };
  'blueprint-unreadable': { id: string; problem: string };
  'policy-invalid': { file: string; line: number; column: number; problem: string };
  'config-invalid': { file: string; line: number; column: number; problem: string; count: number };
  'blueprint-changed': { id: string };
  'run-not-found': { run: string };
  'run-state': { status: string };
  'run-active': { title: string };
  'approval-not-found': Nothing;
  'approval-resolved': { status: string };
  'approval-stale': Nothing;
  'action-unknown': { action: string };
  'budget-exceeded': { spent: string; limit: string };
  'step-corrupt': { step: string };
  'step-not-found': { step: string };
  'rerun-tree-changed': { files: number; first: string };
  'nothing-to-run': Nothing;
  'nothing-to-verify': { name: string };
  'verify-active': { name: string };
  'task-in-run': { task: string; title: string };
  'check-not-green': { task: string; command: string; reason: string };
  'diagnostics-missing': { path: string };
  'diagnostics-unknown': { path: string };
  // taking back
  'nothing-to-roll-back': Nothing;
  'rollback-live': { title: string };
  'rollback-stale': Nothing;
  'rollback-conflict': { path: string; more: number };
  'rollback-missing': { path: string; more: number };
  'rollback-unreadable': { path: string; more: number };
  'rollback-not-found': Nothing;
  'rollback-over': Nothing;
  // the world
  'path-outside': { path: string };
  'path-protected': { path: string };
  'path-invalid': { path: string };
  'file-changed': { path: string };
  'file-unwritable': { path: string; reason: string };
  /** A search pattern that may run away. */
  'file-pattern': { pattern: string };
  'file-not-text': { path: string };
  'file-too-large': { path: string; size: number; limit: number };
  'disk-full': { path: string };
  'apply-failed': { path: string; restored: string };
  'patch-invalid': { problem: string };
  'patch-mismatch': { path: string; problem: string };
  'command-not-found': { program: string };
  'command-denied': { command: string; reason: string };
  'command-timeout': { command: string; seconds: number };
  'shell-missing': { command: string };
  /** `because`: what in the script needs it. */
  'shell-bash-missing': { command: string; because: string };
  'git-missing': Nothing;
  'git-state': { state: string };
  'git-file': { path: string; reason: string };
  'git-failed': { detail: string };
  /** The repository belongs to another user of the machine; `command` is what makes git use it. */
  'git-ownership': { folder: string; command: string };
  'git-identity': Nothing;
  'git-sign': { detail: string };
  // models
  'model-none': Nothing;
  'price-unknown': { model: string; usd: number };
  'model-auth': { detail: string };
  /** The account cannot pay: 402. */
  'model-billing': { detail: string };
  /** The request itself was refused as invalid: 400 and its like. */
  'model-request': { detail: string };
  'model-rate-limited': { seconds: number };
  'model-overloaded': { tries: number };
  'model-context': { model: string };
  'model-refused': Nothing;
  'model-network': { detail: string };
  'model-malformed': { detail: string };
  'model-stalled': { seconds: number };
  'model-unknown': { model: string };
  'recording-missing': { key: string };
  // state
  'store-corrupt': { aside: string; restored: string };
  'store-newer': { found: number; known: number };
  'store-locked': { pid: number };
  'store-lost': Nothing;
  'store-readonly': Nothing;
  'store-full': Nothing;
  'store-unwritable': { path: string; reason: string };
  'blob-missing': { hash: string };
  'record-invalid': { table: string; key: string };
  'archive-invalid': { file: string; problem: string };
  'store-in-use': { pid: number };
  'folder-moved': { path: string };
  // doors
  'request-invalid': { problem: string };
  usage: { problem: string };
  internal: { detail: string };
}

export type ErrorCode = keyof ErrorParameters;

type Told<C extends ErrorCode> = Nothing extends ErrorParameters[C]
  ? [params?: ErrorParameters[C], detail?: string, options?: ErrorOptions]
  : [params: ErrorParameters[C], detail?: string, options?: ErrorOptions];

export class OpenExecError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'OpenExecError';
  readonly params: ErrorParameters[C];
  /** Of a model call that failed: what its tries had used all the same, as far as the provider had told. */
  used?: { usd: number | null; tokens: number };

  /** `detail` is for logs and stack traces; people read the sentence of the code. */
  constructor(
    readonly code: C,
    ...[params, detail, options]: Told<C>
  ) {
    super(detail ?? `${code} ${JSON.stringify(params ?? {})}`, options);
    this.params = params ?? (nothing as ErrorParameters[C]);
  }

  /**
   * Each bundle (extension, host, command line) holds a copy of this class:
   * an error is known by its shape, whichever copy made it.
   */
  static override [Symbol.hasInstance](value: unknown): value is OpenExecError {
    return value instanceof Error && value.name === 'OpenExecError' && 'code' in value && 'params' in value;
  }
}

export const isOpenExecError = <C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is OpenExecError<C> =>
  error instanceof OpenExecError && (code === undefined || error.code === code);

/**
 * An error as a message, a record or a plain value holds it:
 * its code and its parameters belonged together where it was made.
 */
export const carriedError = (code: ErrorCode, params: ErrorParams, detail?: string): OpenExecError =>
  new OpenExecError(code, params as ErrorParameters[ErrorCode], detail);

export function asOpenExecError(error: unknown): OpenExecError {
  if (error instanceof OpenExecError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new OpenExecError('internal', { detail }, detail, { cause: error });
}

/** Whether an error is only the echo of an abort; such errors are outcomes, not failures. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException ? error.name === 'AbortError' : error instanceof Error && error.name === 'AbortError';
