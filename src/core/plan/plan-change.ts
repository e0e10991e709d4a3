/**
 * Applies a proposed change to a plan's document:
 * new tasks get ids like their neighbours', what has begun or was edited since is refused. Pure.
 */
import type { ErrorCode, ErrorParameters } from '../errors.js';
import { findTask, type PlanDocument, type Problem, type Story, type Task } from '../model/plan.js';
import {
  taskFields,
  type PlanChange,
  type PlanProposal,
  type TaskChange,
  type TaskField,
} from '../model/plan-proposal.js';
import { validatePlan } from './validate-plan.js';

type ChangeCode = Extract<
  ErrorCode,
  'story-not-found' | 'task-not-found' | 'proposal-begun' | 'proposal-edited' | 'proposal-empty' | 'proposal-invalid'
>;

export interface ChangeProblem {
  code: ChangeCode;
  params: ErrorParameters[ChangeCode];
  /** For the model. */
  message: string;
}

export interface ChangedPlan {
  document: PlanDocument;
  /** What differs from `document` as it was given, also beside a problem. */
  changes: TaskChange[];
  /** The first that stands against it. */
  problem?: ChangeProblem;
}

/** `before`: the fields as they stood when it was proposed. `begun`: whether a task is at work or done. */
export function changePlan(
  given: PlanDocument,
  change: PlanChange,
  before: PlanProposal['before'],
  begun: (task: string) => boolean,
): ChangedPlan {
  const document = structuredClone(given);
  const changes: TaskChange[] = [];
  let problem: ChangeProblem | undefined;
  const refuse = <C extends ChangeCode>(code: C, params: ErrorParameters[C], message: string) =>
    void (problem ??= { code, params, message });

  const taken = new Set(document.stories.flatMap((story) => story.tasks.map((task) => task.id)));
  const added: { id: string; story: Story; task: PlanChange['add'][number] }[] = [];
  const ids: (string | undefined)[] = change.add.map((task) => {
    const story = document.stories.find((one) => one.id === task.story);
    if (!story) {
      refuse('story-not-found', { story: task.story }, `The plan has no story ${task.story}.`);
      return undefined;
    }
    const id = nextTaskId(story, taken);
    taken.add(id);
    added.push({ id, story, task });
    return id;
  });
  const resolve = (dependencies: readonly string[]): string[] =>
    dependencies.map((one) => (/^#\d+$/.test(one) ? (ids[Number(one.slice(1)) - 1] ?? one) : one));

  for (const wanted of change.change) {
    const found = findTask(document, wanted.task);
    if (!found) {
      refuse('task-not-found', { task: wanted.task }, `The plan has no task ${wanted.task}.`);
      continue;
    }
    const { task, story } = found;
    if (begun(task.id))
      refuse(
        'proposal-begun',
        { task: task.id },
        `${task.id} has begun or is done, so it stays as it is. Only tasks that have not begun can be changed.`,
      );
    const fields: TaskChange['fields'] = [];
    for (const field of taskFields) {
      const after = wanted[field];
      if (after === undefined) continue;
      const now = fieldText(task, field);
      const next = Array.isArray(after) ? resolve(after) : after;
      const text = textOf(next);
      if (now === text) continue;
      const then = before[task.id]?.[field];
      if (then !== undefined && then !== now)
        refuse('proposal-edited', { task: task.id, field }, `${field} of ${task.id} was edited since.`);
      Object.assign(task, { [field]: next });
      fields.push({ field, before: now, after: text });
    }
    if (fields.length > 0) changes.push({ kind: 'changed', task: task.id, title: task.title, story: story.id, fields });
  }
  for (const {
    id,
    story,
    task: { story: _story, ...rest },
  } of added) {
    const task: Task = { id, ...rest, depends_on: resolve(rest.depends_on) };
    story.tasks.push(task);
    changes.push({
      kind: 'added',
      task: id,
      title: task.title,
      story: story.id,
      fields: taskFields
        .filter((field) => fieldText(task, field) !== '')
        .map((field) => ({ field, before: '', after: fieldText(task, field) })),
    });
  }
  if (changes.length === 0) refuse('proposal-empty', {}, 'The plan says so already.');
  const fresh = newErrors(given, document);
  if (fresh[0])
    refuse(
      'proposal-invalid',
      { count: fresh.length, first: fresh[0].message },
      `The plan would have errors: ${fresh.map((one) => one.message).join(' ')}`,
    );
  return { document, changes, ...(problem && { problem }) };
}

/** The fields that a change would touch, as they stand. */
export function fieldsBefore(document: PlanDocument, change: PlanChange): PlanProposal['before'] {
  const before: PlanProposal['before'] = {};
  for (const wanted of change.change) {
    const task = findTask(document, wanted.task)?.task;
    if (task)
      before[task.id] = Object.fromEntries(
        taskFields.filter((field) => wanted[field] !== undefined).map((field) => [field, fieldText(task, field)]),
      );
  }
  return before;
}

const textOf = (value: string | readonly string[]): string => (typeof value === 'string' ? value : value.join(', '));
const fieldText = (task: Task, field: TaskField): string => textOf(task[field]);

/** Errors the plan did not have before: a plan that is half edited can still take a good change. */
function newErrors(given: PlanDocument, changed: PlanDocument): Problem[] {
  const key = (problem: Problem) => `${problem.code}\n${problem.subject ?? ''}\n${problem.message}`;
  const known = new Set(validatePlan(given).map(key));
  return validatePlan(changed).filter((problem) => problem.severity === 'error' && !known.has(key(problem)));
}

/** One more than the highest number in the story, written as its neighbours are: T-US-001-003 after T-US-001-002. */
function nextTaskId(story: Story, taken: ReadonlySet<string>): string {
  let best: { head: string; number: number; width: number } | undefined;
  for (const { id } of story.tasks) {
    const [, head = '', digits = ''] = /^(.*?)(\d{1,9})$/.exec(id) ?? [];
    if (digits !== '' && (!best || Number(digits) > best.number))
      best = { head, number: Number(digits), width: digits.length };
  }
  const { head, number, width } = best ?? { head: `T-${story.id}-`, number: 0, width: 3 };
  for (let next = number + 1; ; next++) {
    const id = `${head}${String(next).padStart(width, '0')}`;
    if (!taken.has(id)) return id;
  }
}
