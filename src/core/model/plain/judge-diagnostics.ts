/**
 * Whether a problem that an editor showed is gone. Knows no schemas, so that the extension's first bundle may use it.
 */
import type { Diagnostic, DiagnosticCheck } from '../diagnostic.js';

/** `ts(2322) in src/app.ts` */
export const diagnosticName = (one: Pick<Diagnostic, 'path' | 'source' | 'code'>): string =>
  `${one.source || 'problem'}${one.code ? `(${one.code})` : ''} in ${one.path}`;

/** Lines move with every edit, so a problem is the same by who says it, its code and its words. */
const isSame = (a: Diagnostic, b: Diagnostic): boolean =>
  a.source === b.source && a.code === b.code && a.message === b.message;

export function checkOf(picked: Diagnostic, all: readonly Diagnostic[]): DiagnosticCheck {
  return {
    ...picked,
    same: Math.max(1, all.filter((one) => isSame(one, picked)).length),
    errors: all.filter((one) => one.severity === 'error').length,
  };
}

/** Gone means: one fewer like it than there were, and no error more in the file than before. */
export function judgeDiagnostics(
  check: DiagnosticCheck,
  now: readonly Diagnostic[],
): { exitCode: 0 | 1; output: string } {
  const left = now.filter((one) => isSame(one, check)).length;
  const errors = now.filter((one) => one.severity === 'error').length;
  const list = now
    .map(
      (one) =>
        `${one.path}:${one.line} ${one.severity} ${one.source}${one.code ? `(${one.code})` : ''}: ${one.message}`,
    )
    .join('\n');
  if (left >= check.same) return { exitCode: 1, output: `The problem is still there.\n${list}` };
  if (errors > check.errors)
    return {
      exitCode: 1,
      output: `The problem is gone, but the file has ${errors} errors now; it had ${check.errors}.\n${list}`,
    };
  return {
    exitCode: 0,
    output:
      list === ''
        ? 'The editor shows no problem in this file.'
        : `The problem is gone. What else stands in the file:\n${list}`,
  };
}
