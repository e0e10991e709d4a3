/** Whether a run paused for a question, and not by hand or for a failure. `asked`: its questions, answered or not. */
export const pausedToAsk = (
  reason: { code: string } | undefined,
  asked: readonly { subject: { kind: string; code?: unknown } }[],
): boolean =>
  reason !== undefined &&
  (reason.code === 'needs-operator' ||
    asked.some(({ subject }) => subject.kind === 'attention' && subject.code === reason.code));
