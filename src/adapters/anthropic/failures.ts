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
    return { error: wrap('model-network', { detail: rootCause(error) }, error), retry: true };
  if (error instanceof Anthropic.APIError) return ofStatus(error as InstanceType<typeof Anthropic.APIError>, model);
  // Whatever else escapes the SDK while reading a stream: a reset, a malformed event.
  const detail = error instanceof Error ? error.message : String(error);
  const network = /terminated|socket|ECONN|EPIPE|fetch failed|premature|network/i.test(`${detail} ${rootCause(error)}`);
  return {
    error: wrap(network ? 'model-network' : 'model-malformed', { detail: detail.slice(0, 300) }, error),
    retry: true,
  };
}

function ofStatus(error: InstanceType<typeof Anthropic.APIError>, model: string): Failure {
  const detail = (error.apiMessage ?? error.message).slice(0, 300);
  const type = error.type ?? '';
  if (error.status === 401 || error.status === 403 || type === 'authentication_error' || type === 'permission_error')
    return { error: wrap('model-auth', { detail }, error), retry: false };
  if (error.status === 404 || type === 'not_found_error')
    return { error: wrap('model-unknown', { model }, error), retry: false };
  if (error.status === 429 || type === 'rate_limit_error') {
    const after = retryAfter(error.headers);
    return {
      error: wrap('model-rate-limited', { seconds: Math.round((after ?? 0) / 1000) }, error),
      retry: true,
      ...(after !== undefined && { retryAfterMs: after }),
    };
  }
  if (error.status === 529 || type === 'overloaded_error')
    return { error: wrap('model-overloaded', { tries: 0 }, error), retry: true };
  if (error.status === 413 || (error.status === 400 && /prompt is too long|context|too large/i.test(detail)))
    return { error: wrap('model-context', { model }, error), retry: false };
  if (error.status === 408 || error.status === 409 || (error.status !== undefined && error.status >= 500))
    return { error: wrap('model-overloaded', { tries: 0 }, error), retry: true };
  if (error.status === undefined)
    return {
      error: wrap(
        type === 'api_error' ? 'model-overloaded' : 'model-malformed',
        type === 'api_error' ? { tries: 0 } : { detail },
        error,
      ),
      retry: true,
    };
  return { error: wrap('model-malformed', { detail }, error), retry: false };
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

const wrap = (code: OpenExecError['code'], params: Record<string, string | number>, cause: unknown) =>
  new OpenExecError(code, params, undefined, { cause });

function rootCause(error: unknown): string {
  let deepest = error;
  for (let depth = 0; depth < 5 && deepest instanceof Error && deepest.cause; depth++) deepest = deepest.cause;
  const code = (deepest as { code?: unknown })?.code;
  return typeof code === 'string' ? code : deepest instanceof Error ? deepest.message.slice(0, 200) : String(deepest);
}
