/**
 * A plan without a model: one story per goal or loose requirement, the same three or four tasks each.
 * A start to edit, and labelled so.
 */
import type { Goal, PlanDocument, Story, Task } from '../model/plan.js';
import type { Commands } from '../model/run.js';
import { intentName, type Intent } from './intent.js';

export interface Branch {
  text: string;
  /** Requirements that belong to it; a single TASK-nnn when none does. */
  children: { id: string; text: string }[];
}

/** Goals with the requirements that speak of the same thing; every other requirement is a branch of its own. */
export function goalTree(goals: readonly unknown[], requirements: readonly unknown[]): Branch[] {
  const branches = goals
    .map((goal) => ({ text: textOf(goal), children: [] as Branch['children'] }))
    .filter((branch) => branch.text !== '');
  const loose: Branch[] = [];
  let number = 0;
  const next = (): string => `TASK-${String(++number).padStart(3, '0')}`;
  const texts = requirements.map(textOf).filter((text) => text !== '');
  for (const text of texts) {
    const home = branches.find((branch) => related(branch.text, text));
    if (home) home.children.push({ id: '', text });
    else loose.push({ text, children: [] });
  }
  const all = [...branches, ...loose];
  for (const branch of all) {
    if (branch.children.length === 0) branch.children.push({ id: '', text: branch.text });
    for (const child of branch.children) child.id = next();
  }
  return all;
}

function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    const { title, text, description } = value as Record<string, unknown>;
    return textOf(title ?? text ?? description ?? '');
  }
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

/** Every telling word of the one is in the other. */
function related(goal: string, requirement: string): boolean {
  const a = words(goal);
  const b = words(requirement);
  return a.size > 0 && [...a].every((word) => b.has(word));
}
const words = (text: string): Set<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
      (word) => !/^(a|an|the|of|to|and|or|for|in|on|with)$/.test(word),
    ),
  );

const verb = /^(implement|create|build|add|make|write|develop|design|introduce|provide|support)\b[\s:]*/i;

/** "Implement Login" → login */
const subjectOf = (title: string): string => {
  const rest = title.replace(verb, '').trim() || title.trim();
  return rest.charAt(0).toLowerCase() + rest.slice(1);
};

export const describeStory = (title: string): string => `As a user, I want to ${subjectOf(title)}`;

/** At least two; what is asked of an interface or an API only where the title says that word. */
export function criteriaFor(title: string): string[] {
  const named = words(title);
  const says = (...list: string[]): boolean => list.some((word) => named.has(word));
  const criteria = [
    `${title.trim()}: works as described`,
    'Invalid input and failures are answered with a clear message',
  ];
  if (says('ui', 'page', 'screen', 'form', 'dashboard', 'view', 'button'))
    criteria.push('It can be used with the keyboard alone', 'Empty, loading and error states are shown');
  if (says('api', 'rest', 'endpoint', 'endpoints', 'route', 'routes'))
    criteria.push('Bad requests get an error status and a message');
  return criteria;
}

/** Design, implement, test; and document where there is much to tell (three criteria or more). */
export function storyTasks(story: string, title: string, criteria: readonly string[], commands: Commands): Task[] {
  const subject = subjectOf(title);
  const note = `docs/plan/${story.toLowerCase()}.md`;
  const guide = `docs/${story.toLowerCase()}.md`;
  const checks = [...commands.lint, ...commands.test];
  const proof = checks.length > 0 ? checks.join(' && ') : `grep -q "^Checked:" ${note}`;
  const tests = commands.test.length > 0 ? commands.test.join(' && ') : `grep -q "^Tested:" ${note}`;
  const wish = 'Replace the check by one that fails until this is done.';
  const parts: Omit<Task, 'id' | 'depends_on'>[] = [
    {
      title: `Design ${subject}`,
      description: `Decide how to ${subject === title ? 'do it' : `bring about: ${subject}`}, and write it down.`,
      technical_strategy: `Read the code it touches. Write ${note}: what changes where, what stays, what could break.`,
      verification_script: `test -s ${note}`,
    },
    {
      title: verb.test(title) ? title.trim() : `Implement ${subject}`,
      description: criteria.join('; '),
      technical_strategy: `Follow ${note}. Keep to the structure and the helpers that are there. ${wish}`,
      verification_script: proof,
    },
    {
      title: `Test ${subject}`,
      description: `Cover each acceptance criterion: ${criteria.join('; ')}.`,
      technical_strategy: `Add tests beside the existing ones, one per criterion, with the edges and bad input. ${wish}`,
      verification_script: tests,
    },
  ];
  if (criteria.length >= 3)
    parts.push({
      title: `Document ${subject}`,
      description: 'Tell those who use it and those who maintain it.',
      technical_strategy: `Write ${guide}: what it does, how it is used, what its limits are.`,
      verification_script: `test -s ${guide}`,
    });
  return parts.map((part, at) => ({
    ...part,
    id: taskId(story, at),
    depends_on: at === 0 ? [] : [taskId(story, at - 1)],
  }));
}
const taskId = (story: string, at: number): string => `T-${story}-${String(at + 1).padStart(3, '0')}`;

export function ruleBasedPlan(intent: Intent, commands: Commands): PlanDocument {
  const stated = intent.goals.length + intent.requirements.length > 0;
  const branches = stated ? goalTree(intent.goals, intent.requirements) : [{ text: intentName(intent), children: [] }];
  const goals: Goal[] = branches.map((branch, at) => {
    const given = intent.goals.find((goal) => goal.text === branch.text);
    const detail = (name: RegExp): string =>
      given?.details
        .find((line) => name.test(line))
        ?.replace(name, '')
        .trim() ?? '';
    return {
      id: `G-${String(at + 1).padStart(3, '0')}`,
      title: branch.text,
      description: '',
      success_criteria: detail(/^success criteria\s*:\s*/i),
      verification_method: detail(/^verification\s*:\s*/i),
    };
  });
  const stories: Story[] = branches.map((branch, at) => {
    const id = `US-${String(at + 1).padStart(3, '0')}`;
    const own = branch.children.map((child) => child.text).filter((text) => text !== branch.text);
    const criteria = [...criteriaFor(branch.text), ...own];
    const requirement = intent.requirements.find((one) => one.text === branch.text || own.includes(one.text));
    return {
      id,
      title: branch.text,
      description: describeStory(branch.text),
      requirement_id: requirement?.id ?? '',
      goal_id: goals[at]?.id ?? '',
      depends_on: [],
      acceptance_criteria: criteria,
      verification_script: '',
      contract: '',
      tasks: storyTasks(id, branch.text, criteria, commands),
    };
  });
  return { schema_version: '1.1', goals, stories };
}
