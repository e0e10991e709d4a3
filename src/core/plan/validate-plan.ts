/** What is wrong with a plan. Errors keep it from running; it stays viewable. */
import { eachTask, type PlanDocument, type Problem, type Task } from '../model/plan.js';
import { buildGraph } from './graph.js';
import { problem } from './problems.js';
import { homePath, scriptSmells, type ScriptSmell } from './script-smells.js';

export const MANY_STORIES = 10;
export const MANY_TASKS = 50;
export const LARGE_PLAN = 30;

/** In the order of the document, errors of the graph last. Pure. */
export function validatePlan(document: PlanDocument): Problem[] {
  const problems: Problem[] = [];
  duplicates(document, problems);

  const goals = new Set(document.goals.map((goal) => goal.id));
  const served = new Set(document.stories.map((story) => story.goal_id));
  document.goals.forEach((goal, g) => {
    if (!served.has(goal.id))
      problems.push(
        problem('goal-without-story', `goals[${g}]`, `No story works towards goal ${goal.id}.`, { subject: goal.id }),
      );
  });

  document.stories.forEach((story, s) => {
    const path = `stories[${s}]`;
    const about = { subject: story.id };
    if (story.title.trim() === '')
      problems.push(problem('missing-title', `${path}.title`, `Story ${story.id} has no title.`, about));
    if (story.goal_id !== '' && !goals.has(story.goal_id))
      problems.push(
        problem(
          'bad-reference',
          `${path}.goal_id`,
          `Story ${story.id} names the goal ${story.goal_id}, which is not in the plan.`,
          { ...about, params: { missing: story.goal_id } },
        ),
      );
    else if (story.goal_id === '' && goals.size > 0)
      problems.push(
        problem('story-without-goal', `${path}.goal_id`, `Story ${story.id} works towards no goal.`, about),
      );
    if (story.tasks.length === 0)
      problems.push(problem('story-without-task', `${path}.tasks`, `Story ${story.id} has no task.`, about));
    checkScript(story.verification_script, `${path}.verification_script`, story.id, problems);
    checkPaths(
      [
        ['description', story.description],
        ['contract', story.contract],
      ],
      path,
      story.id,
      problems,
    );
    story.tasks.forEach((task, t) => checkTask(task, `${path}.tasks[${t}]`, problems));
  });

  sizes(document, problems);
  return [...problems, ...buildGraph(document).problems];
}

function checkTask(task: Task, path: string, problems: Problem[]): void {
  const about = { subject: task.id };
  if (task.title.trim() === '')
    problems.push(problem('missing-title', `${path}.title`, `Task ${task.id} has no title.`, about));
  if (task.technical_strategy.trim() === '')
    problems.push(
      problem(
        'missing-strategy',
        `${path}.technical_strategy`,
        `Task ${task.id} does not say how it is to be done: its technical strategy is empty.`,
        about,
      ),
    );
  if (task.verification_script.trim() === '')
    problems.push(
      problem(
        'missing-verification',
        `${path}.verification_script`,
        `Task ${task.id} has no verification script, so nothing would prove it.`,
        about,
      ),
    );
  checkScript(task.verification_script, `${path}.verification_script`, task.id, problems);
  checkPaths(
    [
      ['description', task.description],
      ['technical_strategy', task.technical_strategy],
    ],
    path,
    task.id,
    problems,
  );
}

const smellSentences: Record<ScriptSmell, (subject: string) => string> = {
  'always-true': (subject) => `The check of ${subject} ends with exit code 0 whatever happens: it proves nothing.`,
  'mutating-check': (subject) => `The check of ${subject} changes files: a check should only look.`,
  'fixed-sleep': (subject) =>
    `The check of ${subject} sleeps for a fixed time: too long on a good day, too short on a bad one. Wait for the condition itself.`,
  'server-not-started': (subject) => `The check of ${subject} needs a running service and does not start one.`,
};

function checkScript(script: string, path: string, subject: string, problems: Problem[]): void {
  for (const smell of scriptSmells(script))
    problems.push(problem(smell, path, smellSentences[smell](subject), { subject }));
  checkPaths([['', script]], path, subject, problems);
}

function checkPaths(fields: readonly [string, string][], path: string, subject: string, problems: Problem[]): void {
  for (const [field, text] of fields) {
    const found = homePath(text);
    if (found)
      problems.push(
        problem(
          'home-path',
          field ? `${path}.${field}` : path,
          `${subject} uses ${found}, a folder of one person's machine. Write paths relative to the root.`,
          { subject, params: { found } },
        ),
      );
  }
}

function duplicates(document: PlanDocument, problems: Problem[]): void {
  const seen = new Map<string, string>();
  const check = (id: string, what: string, path: string): void => {
    const earlier = seen.get(id);
    if (earlier)
      problems.push(
        problem('duplicate-id', path, `The id ${id} stands for a ${earlier} and again for a ${what}.`, { subject: id }),
      );
    else seen.set(id, what);
  };
  document.goals.forEach((goal, g) => check(goal.id, 'goal', `goals[${g}].id`));
  document.stories.forEach((story, s) => check(story.id, 'story', `stories[${s}].id`));
  document.stories.forEach((story, s) =>
    story.tasks.forEach((task, t) => check(task.id, 'task', `stories[${s}].tasks[${t}].id`)),
  );
}

function sizes(document: PlanDocument, problems: Problem[]): void {
  const stories = document.stories.length;
  const tasks = [...eachTask(document)].length;
  if (stories > MANY_STORIES)
    problems.push(
      problem(
        'many-stories',
        'stories',
        `The plan has ${stories} stories; more than ${MANY_STORIES} are hard to oversee. Consider several plans.`,
        { params: { stories } },
      ),
    );
  if (tasks > MANY_TASKS)
    problems.push(
      problem(
        'many-tasks',
        'stories',
        `The plan has ${tasks} tasks; more than ${MANY_TASKS} are hard to oversee. Consider several plans.`,
        { params: { tasks } },
      ),
    );
  else if (tasks > LARGE_PLAN)
    problems.push(problem('large-plan', 'stories', `The plan has ${tasks} tasks.`, { params: { tasks } }));
  const byRequirement = new Map<string, string[]>();
  for (const story of document.stories) {
    if (story.requirement_id === '') continue;
    const ids = byRequirement.get(story.requirement_id);
    if (ids) ids.push(story.id);
    else byRequirement.set(story.requirement_id, [story.id]);
  }
  for (const [requirement, ids] of byRequirement)
    if (ids.length > 1)
      problems.push(
        problem(
          'shared-requirement',
          'stories',
          `${ids.length} stories are for the requirement ${requirement}: ${ids.slice(0, 8).join(', ')}${ids.length > 8 ? ' …' : ''}.`,
          { params: { requirement } },
        ),
      );
}
