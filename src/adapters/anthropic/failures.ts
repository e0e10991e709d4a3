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

/** A provider that says whether another try is worth it is believed. */
function ofStatus(error: InstanceType<typeof Anthropic.APIError>, model: string): Failure {
  const failure = byStatus(error, model);
  return error.headers?.get('x-should-retry') === 'false' ? { ...failure, retry: false } : failure;
}

function byStatus(error: InstanceType<typeof Anthropic.APIError>, model: string): Failure {
  const detail = (error.apiMessage ?? error.message).slice(0, 300);
  const cause = { cause: error };
  const final = (failure: OpenExecError): Failure => ({ error: failure, retry: false });
  switch (kindOf(error, detail)) {
    case 'auth':
      return final(new OpenExecError('model-auth', { detail }, undefined, cause));
    case 'billing':
      return final(new OpenExecError('model-billing', { detail }, undefined, cause));
    case 'unknown':
      return final(new OpenExecError('model-unknown', { model }, undefined, cause));
    case 'context':
      return final(new OpenExecError('model-context', { model }, undefined, cause));
    case 'request':
      return final(new OpenExecError('model-request', { detail }, undefined, cause));
    case 'limited': {
      const after = retryAfter(error.headers);
      const seconds = Math.round((after ?? 0) / 1000);
      return {
        error: new OpenExecError('model-rate-limited', { seconds }, undefined, cause),
        retry: true,
        ...(after !== undefined && { retryAfterMs: after }),
      };
    }
    case 'overloaded':
      return { error: new OpenExecError('model-overloaded', { tries: 0 }, undefined, cause), retry: true };
    case 'malformed':
      return { error: new OpenExecError('model-malformed', { detail }, undefined, cause), retry: true };
  }
}

type Kind = 'auth' | 'billing' | 'unknown' | 'limited' | 'overloaded' | 'context' | 'request' | 'malformed';
const byType: Readonly<Record<string, Kind>> = {
  authentication_error: 'auth',
  permission_error: 'auth',
  billing_error: 'billing',
  not_found_error: 'unknown',
  rate_limit_error: 'limited',
  overloaded_error: 'overloaded',
};
const byNumber: Readonly<Record<number, Kind>> = {
  401: 'auth',
  402: 'billing',
  403: 'auth',
  404: 'unknown',
  408: 'overloaded',
  409: 'overloaded',
  413: 'context',
  429: 'limited',
};

/** By its type first: behind a proxy the number may be another, and an error in a stream has none. */
function kindOf({ status, type }: InstanceType<typeof Anthropic.APIError>, detail: string): Kind {
  const known = byType[type ?? ''] ?? byNumber[status ?? 0];
  if (known) return known;
  if (status === undefined) return type === 'api_error' ? 'overloaded' : 'malformed';
  if (status >= 500) return 'overloaded';
  return status === 400 && /prompt is too long|context|too large/i.test(detail) ? 'context' : 'request';
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
