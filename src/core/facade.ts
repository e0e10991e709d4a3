/** The shape every door holds, whether the engine is in this process or behind the owner's socket. */
import type { Listen } from '../base/emitter.js';
import type { Disposable } from '../base/disposable.js';
import type { ErrorCode, ErrorParameters } from './errors.js';
import type { Approval } from './model/approval.js';
import type { Change } from './model/plain/change.js';
import type { Progress, RunEvent } from './model/event.js';
import type { Method, ParamsInput, Result } from './model/requests.js';

type NoticeCode = Extract<ErrorCode, 'store-corrupt' | 'store-newer' | 'folder-moved'>;

/** Something the door says once, after opening. */
export interface Notice {
  code: NoticeCode;
  params: ErrorParameters[NoticeCode];
}

export interface OpenExec extends Disposable {
  /** Of the owner: a database that was set aside, or a newer one; state of a folder that seems to have moved here. */
  readonly notices?: readonly Notice[];
  /** Parameters are validated at the boundary; fails with OpenExecError. */
  request<M extends Method>(method: M, params: ParamsInput<M>, signal?: AbortSignal): Promise<Result<M>>;
  readonly onEvent: Listen<RunEvent>;
  readonly onProgress: Listen<Progress>;
  readonly onChange: Listen<Change>;
  /** Pauses at the next safe point, checkpoints, closes the store. Resolves when the lock may be released. */
  close(): Promise<void>;
}

export type { Approval, Change };
