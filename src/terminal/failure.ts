/** How a command that cannot go on says so, and with which exit code. */
import { asOpenExecError, isAbort, type ErrorCode, type OpenExecError } from '../core/errors.js';
import { sentenceOf } from '../core/view/sentences.js';
import { EXIT, type ExitCode } from './context.js';

const HELD: readonly ErrorCode[] = ['owner-unreachable', 'owner-refused', 'not-owner', 'store-locked'];
const USAGE: readonly ErrorCode[] = ['usage', 'root-not-found', 'request-invalid'];

export interface Failure {
  code: ErrorCode | 'cancelled';
  params: OpenExecError['params'];
  message: string;
  exit: ExitCode;
}

export function failureOf(error: unknown): Failure {
  if (isAbort(error)) return { code: 'cancelled', params: {}, message: 'Cancelled.', exit: EXIT.cancelled };
  const { code, params } = asOpenExecError(error);
  return { code, params, message: sentenceOf(code, params), exit: exitOf(code) };
}

export const exitOf = (code: ErrorCode): ExitCode =>
  USAGE.includes(code)
    ? EXIT.usage
    : HELD.includes(code)
      ? EXIT.held
      : ['plan-not-approved', 'blueprint-unseen', 'blueprint-unreadable'].includes(code)
        ? EXIT.operator
        : EXIT.failed;
