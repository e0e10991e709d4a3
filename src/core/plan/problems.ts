/** Problems of a plan: every code with its severity in one place. */
import type { Problem } from '../model/plan.js';

export const planProblems = {
  // the form
  'root-not-object': 'error',
  'stories-not-array': 'error',
  'goals-not-array': 'error',
  'story-not-object': 'error',
  'tasks-not-array': 'error',
  'task-not-object': 'error',
  'task-was-text': 'warning',
  'missing-id': 'error',
  'bad-value': 'warning',
  'wrong-type': 'error',
  'schema-version': 'warning',
  /** In an answer of a model only: a plan of one's own may start empty. */
  'plan-empty': 'error',
  // the content
  'dangling-dependency': 'error',
  cycle: 'error',
  'duplicate-id': 'error',
  'goal-without-story': 'error',
  'story-without-task': 'error',
  'missing-title': 'error',
  'missing-strategy': 'error',
  'missing-verification': 'error',
  'bad-reference': 'error',
  'story-without-goal': 'warning',
  'home-path': 'warning',
  'always-true': 'warning',
  'mutating-check': 'warning',
  'fixed-sleep': 'warning',
  'server-not-started': 'warning',
  'many-stories': 'warning',
  'many-tasks': 'warning',
  'large-plan': 'info',
  'shared-requirement': 'info',
  // how it came to be
  'answer-repaired': 'warning',
  'made-by-rules': 'warning',
  'added-by-code': 'info',
  'not-mended': 'warning',
  'json-repaired': 'warning',
} as const satisfies Record<string, Problem['severity']>;

export type PlanProblemCode = keyof typeof planProblems;

export function problem(
  code: PlanProblemCode,
  path: string,
  message: string,
  extra: { subject?: string; params?: Problem['params'] } = {},
): Problem {
  return {
    code,
    severity: planProblems[code],
    path,
    ...(extra.subject ? { subject: extra.subject } : {}),
    params: extra.params ?? {},
    message,
  };
}

export const hasErrors = (problems: readonly Problem[]): boolean => problems.some((one) => one.severity === 'error');
