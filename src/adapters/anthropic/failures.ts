/** From the SDK's errors to ours: which may be tried again, after how long, and what a person is told in the end. */
import Anthropic from '@anthropic-ai/sdk';
import { OpenExecError } from '../../core/errors.js';

export interface Failure {
  error: OpenExecError;
  /** Worth another try; ms the provider asked to wait, when it did. */
  retry: boolean;
  retryAfterMs?: number;
}

export function failureOf(error: unknown, model: string): Failure {
  if (error instanceof OpenExecError)
    return {
      error,
      retry: error.code === 'model-stalled' || error.code === 'model-network' || error.code === 'model-malformed',
    };
  if (error instanceof Anthropic.APIConnectionError)
    return {
      error: new OpenExecError('model-network', { detail: rootCause(error) }, undefined, { cause: error }),
      retry: true,
    };
  if (error instanceof Anthropic.APIError) return ofStatus(error as InstanceType<typeof Anthropic.APIError>, model);
  // Whatever else escapes the SDK while reading a stream: a reset, a malformed event.
  const detail = error instanceof Error ? error.message : String(error);
  const network = /terminated|socket|ECONN|EPIPE|fetch failed|premature|network/i.test(`${detail} ${rootCause(error)}`);
  return {
    error: new OpenExecError(
      network ? 'model-network' : 'model-malformed',
      { detail: detail.slice(0, 300) },
      undefined,
      { cause: error },
    ),
    retry: true,
  };
}

function ofStatus(error: InstanceType<typeof Anthropic.APIError>, model: string): Failure {
  const detail = (error.apiMessage ?? error.message).slice(0, 300);
  const type = error.type ?? '';
  if (error.status === 401 || error.status === 403 || type === 'authentication_error' || type === 'permission_error')
    return { error: new OpenExecError('model-auth', { detail }, undefined, { cause: error }), retry: false };
  if (error.status === 404 || type === 'not_found_error')
    return { error: new OpenExecError('model-unknown', { model }, undefined, { cause: error }), retry: false };
  if (error.status === 429 || type === 'rate_limit_error') {
    const after = retryAfter(error.headers);
    return {
      error: new OpenExecError('model-rate-limited', { seconds: Math.round((after ?? 0) / 1000) }, undefined, {
        cause: error,
      }),
      retry: true,
      ...(after !== undefined && { retryAfterMs: after }),
    };
  }
  if (error.status === 529 || type === 'overloaded_error')
    return { error: new OpenExecError('model-overloaded', { tries: 0 }, undefined, { cause: error }), retry: true };
  if (error.status === 413 || (error.status === 400 && /prompt is too long|context|too large/i.test(detail)))
    return { error: new OpenExecError('model-context', { model }, undefined, { cause: error }), retry: false };
  if (error.status === 408 || error.status === 409 || (error.status !== undefined && error.status >= 500))
    return { error: new OpenExecError('model-overloaded', { tries: 0 }, undefined, { cause: error }), retry: true };
  if (error.status === undefined)
    return {
      error:
        type === 'api_error'
          ? new OpenExecError('model-overloaded', { tries: 0 }, undefined, { cause: error })
          : new OpenExecError('model-malformed', { detail }, undefined, { cause: error }),
      retry: true,
    };
  return { error: new OpenExecError('model-malformed', { detail }, undefined, { cause: error }), retry: false };
}

/** `retry-after` in seconds or as a date, `retry-after-ms`; ms. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, until - Date.now());
}

function rootCause(error: unknown): string {
  let deepest = error;
  for (let depth = 0; depth < 5 && deepest instanceof Error && deepest.cause; depth++) deepest = deepest.cause;
  const code = (deepest as { code?: unknown })?.code;
  return typeof code === 'string' ? code : deepest instanceof Error ? deepest.message.slice(0, 200) : String(deepest);
}
