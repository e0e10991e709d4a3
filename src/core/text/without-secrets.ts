/**
 * The redaction sink for values: every string in a plain value passes it.
 * What holds no secret comes back as the same object.
 */
import { carriedError, isAbort, isOpenExecError } from '../errors.js';

type Redact = (text: string) => string;

export function withoutSecrets<T>(value: T, redact: Redact): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) {
    const clean = value.map((one: unknown) => withoutSecrets(one, redact));
    return clean.every((one, index) => one === value[index]) ? value : (clean as T);
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  let clean: Record<string, unknown> | undefined;
  for (const [key, own] of Object.entries(value)) {
    const now = withoutSecrets(own as unknown, redact);
    if (now === own) continue;
    clean ??= Object.assign<Record<string, unknown>, object>({}, value);
    clean[key] = now;
  }
  return (clean ?? value) as T;
}

/**
 * A failure on its way to a door:
 * its sentence is made of its parameters, and a provider or a program may have put a key into them.
 */
export function errorWithoutSecrets(error: unknown, redact: Redact): unknown {
  if (!(error instanceof Error) || isAbort(error)) return error;
  const message = redact(error.message);
  const params = isOpenExecError(error) ? withoutSecrets(error.params, redact) : { detail: message };
  if (message === error.message && (!isOpenExecError(error) || params === error.params)) return error;
  const clean = carriedError(isOpenExecError(error) ? error.code : 'internal', params, message);
  if (error.stack !== undefined) clean.stack = redact(error.stack);
  return clean;
}
