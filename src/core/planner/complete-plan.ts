/**
 * What code adds to a plan, so that it does not hang on a model's mood. The rule: nothing, unless the intent states it.
 *   Flow: refactor | existing              → a discovery story first, on which all others depend
 *   Flow: refactor | existing | greenfield → a validation story last for each goal
 *   Scope: surgical                        → every story is one task, and no story is added
 */
import type { PlanDocument, Problem, Story, Task } from '../model/plan.js';
import type { Commands } from '../model/run.js';
import type { Intent } from './intent.js';
import { problem } from '../plan/problems.js';

/** The document given is not changed. Each addition is a problem of severity info. */
export function completePlan(
  document: PlanDocument,
  intent: Pick<Intent, 'flow' | 'scope'>,
  commands: Commands,
): { document: PlanDocument; problems: Problem[] } {
  if (intent.scope === 'surgical') return collapse(document);
  const problems: Problem[] = [];
  let stories = document.stories;
  if ((intent.flow === 'refactor' || intent.flow === 'existing') && stories.length > 0)
    stories = withDiscovery(stories, document, problems);
  if (intent.flow) stories = withValidation(stories, document, commands, problems);
  return { document: { ...document, stories }, problems };
}

const isDiscovery = (story: Story): boolean => story.id === 'US-000' || /\bdiscover(y|ing)?\b/i.test(story.title);
const isValidation = (story: Story): boolean => /\bvalidat(e|ion)\b/i.test(story.title);

function withDiscovery(stories: readonly Story[], document: PlanDocument, problems: Problem[]): Story[] {
  // One that stands in the middle, waiting for others, is no start; then ours comes first.
  const given = stories.find((story) => isDiscovery(story) && story.depends_on.length === 0);
  const first = given ?? discovery(document.goals[0]?.id ?? '');
  if (!given)
    problems.push(
      problem(
        'added-by-code',
        'stories[0]',
        'The intent changes what exists, so a discovery story was put first; all others depend on it.',
        { subject: first.id },
      ),
    );
  const rest = stories.map((story) =>
    story === given || story.depends_on.length > 0 ? story : { ...story, depends_on: [first.id] },
  );
  return given ? rest : [first, ...rest];
}

function discovery(goal: string): Story {
  const report = 'docs/discovery/current-state.md';
  const task: Task = {
    id: 'T-US-000-001',
    title: 'Write down what exists',
    depends_on: [],
    description: 'Map the part of the system that the goals touch, so that later tasks change known things.',
    technical_strategy: `Enumerate entry points, interfaces with their shapes, data and its owners, configuration, and existing tests. Write ${report}, each statement with its file.`,
    verification_script: `test -s ${report}`,
  };
  return {
    id: 'US-000',
    title: 'Discovery: what exists today',
    description: 'As a developer, I want to know what exists before I change it',
    requirement_id: '',
    goal_id: goal,
    depends_on: [],
    acceptance_criteria: [
      'Every interface that the goals touch is listed with its file',
      'Open questions and risks are listed',
    ],
    verification_script: '',
    contract: report,
    tasks: [task],
  };
}

function withValidation(
  stories: readonly Story[],
  document: PlanDocument,
  commands: Commands,
  problems: Problem[],
): Story[] {
  const added: Story[] = [];
  let number = stories.reduce((most, story) => Math.max(most, Number(/^US-(\d+)$/.exec(story.id)?.[1] ?? 0)), 0);
  for (const goal of document.goals) {
    const own = stories.filter((story) => story.goal_id === goal.id && !isDiscovery(story));
    if (own.length === 0 || own.some(isValidation)) continue;
    const id = `US-${String(++number).padStart(3, '0')}`;
    const report = `docs/validation/${goal.id.toLowerCase().replace(/[^a-z0-9-]/g, '-')}.md`;
    const wanted = goal.success_criteria || goal.title;
    added.push({
      id,
      title: `Validation: ${goal.title}`,
      description: `As an owner, I want evidence that the goal is reached: ${wanted}`,
      requirement_id: '',
      goal_id: goal.id,
      depends_on: own.map((story) => story.id),
      acceptance_criteria: [wanted],
      verification_script: '',
      contract: report,
      tasks: [
        {
          id: `T-${id}-001`,
          title: `Validate ${goal.id} and write down the evidence`,
          depends_on: [],
          description: wanted,
          technical_strategy: `${goal.verification_method ? `Method: ${goal.verification_method}. ` : ''}Go through the success criteria one by one. Write ${report}: for each the evidence with its file or test, or what is missing.`,
          verification_script: [`test -s ${report}`, ...commands.test].join(' && '),
        },
      ],
    });
    problems.push(
      problem(
        'added-by-code',
        `stories[${stories.length + added.length - 1}]`,
        `A validation story was added for goal ${goal.id}.`,
        { subject: id },
      ),
    );
  }
  return [...stories, ...added];
}

function collapse(document: PlanDocument): { document: PlanDocument; problems: Problem[] } {
  const problems: Problem[] = [];
  const kept = new Map<string, string>();
  for (const story of document.stories)
    for (const task of story.tasks) kept.set(task.id, story.tasks[0]?.id ?? task.id);
  const stories = document.stories.map((story, s) => {
    const [first] = story.tasks;
    if (!first || story.tasks.length === 1)
      return {
        ...story,
        tasks: story.tasks.map((task) => ({ ...task, depends_on: renamed(task.depends_on, kept, task.id) })),
      };
    problems.push(
      problem(
        'added-by-code',
        `stories[${s}]`,
        `The scope is surgical, so the ${story.tasks.length} tasks of ${story.id} became one.`,
        { subject: story.id },
      ),
    );
    return { ...story, tasks: [merged(story, first, kept)] };
  });
  return { document: { ...document, stories }, problems };
}

function merged(story: Story, first: Task, kept: ReadonlyMap<string, string>): Task {
  const { tasks } = story;
  const needs = [...new Set(tasks.flatMap((task) => task.needs ?? []))];
  const estimates = tasks.map((task) => task.estimate).filter((hours) => hours !== undefined);
  const { pins: _pins, ...base } = first;
  return {
    ...base,
    title: story.title,
    description: tasks.map((task) => [task.title, task.description].filter(Boolean).join(': ')).join('\n'),
    technical_strategy: tasks.map((task, at) => `${at + 1}. ${task.technical_strategy || task.title}`).join('\n'),
    depends_on: renamed(
      tasks.flatMap((task) => task.depends_on),
      kept,
      first.id,
    ),
    verification_script: tasks
      .map((task) => task.verification_script.trim())
      .filter(Boolean)
      .map(grouped)
      .join(' && '),
    ...(needs.length > 0 ? { needs } : {}),
    ...(estimates.length > 0 ? { estimate: estimates.reduce((sum, hours) => sum + hours, 0) } : {}),
    ...(tasks.every((task) => task.pins) ? { pins: true } : {}),
  };
}

/** A subshell where && alone would bind otherwise, or a `cd` would leak into the next. */
const grouped = (script: string): string => (/[;|&\n#]|\bcd\b/.test(script) ? `(\n${script}\n)` : script);

const renamed = (ids: readonly string[], kept: ReadonlyMap<string, string>, own: string): string[] =>
  [...new Set(ids.map((id) => kept.get(id) ?? id))].filter((id) => id !== own);
