/**
 * Brings what a model or a file gave into the form of a plan: bare lists, tasks as texts, goal trees, other spellings
 * of fields. Nothing is dropped without a problem that says so; fields that are not the plan's are left out.
 */
import { needSchema, planDocumentSchema, modeSchema, type PlanDocument, type Problem } from '../model/plan.js';
import { problem } from './problems.js';

type Plain = Record<string, unknown>;

/** `document` is absent only when there is nothing to show at all. Never throws for what the value holds. */
export function normalizePlan(raw: unknown): { document?: PlanDocument; problems: Problem[] } {
  const problems: Problem[] = [];
  const root = rootOf(raw);
  if (!root) return { problems: [problem('root-not-object', '', 'A plan is a JSON object with goals and stories.')] };
  const fields = named(root);
  // Nothing at all is a plan that starts empty; something else, read as one, would be lost without a word.
  if (Object.keys(root).length > 0 && !['goals', 'stories', 'phases', 'schema_version'].some((name) => name in fields))
    return {
      problems: [
        problem(
          'root-not-object',
          '',
          `This JSON is no plan: it has neither “goals” nor “stories”, but ${shown(Object.keys(root))}.`,
        ),
      ],
    };

  const version = textOf(fields['schema_version']) || '1.1';
  if (!/^1(\.|$)/.test(version))
    problems.push(
      problem('schema-version', 'schema_version', `The plan says schema ${version}; it is read as 1.1.`, {
        params: { version },
      }),
    );
  const goals = listOf(fields['goals'], 'goals', 'goals-not-array', problems).map((goal, g) => goalOf(goal, g));
  const stories = listOf(fields['stories'] ?? fields['phases'], 'stories', 'stories-not-array', problems)
    .map((story, s) => storyOf(story, s, problems))
    .filter((story) => story !== undefined);
  const onlyGoal = goals.length === 1 ? goals[0]?.['id'] : undefined;
  for (const story of stories) if (story['goal_id'] === '' && onlyGoal) story['goal_id'] = onlyGoal;

  const read = planDocumentSchema.safeParse({ schema_version: '1.1', goals, stories });
  if (read.success) return { document: read.data, problems };
  for (const issue of read.error.issues)
    problems.push(problem('wrong-type', pathText(issue.path), `${pathText(issue.path)}: ${issue.message}.`));
  return { problems };
}

function rootOf(raw: unknown): Plain | undefined {
  if (Array.isArray(raw)) return raw.length > 0 && raw.every((item) => isPlain(item)) ? { stories: raw } : undefined;
  if (!isPlain(raw)) return undefined;
  if ('goal' in raw && Array.isArray(raw['children'])) return fromGoalTree(raw);
  const inner = raw['plan'];
  return isPlain(inner) && !('stories' in raw) ? inner : raw;
}

function goalOf(raw: unknown, at: number): Plain {
  const id = `G-${String(at + 1).padStart(3, '0')}`;
  if (!isPlain(raw)) return { id, title: textOf(raw) };
  const fields = named(raw);
  return {
    id: textOf(fields['id']) || id,
    title: textOf(fields['title']) || textOf(fields['description']),
    description: textOf(fields['description']),
    success_criteria: joined(fields['success_criteria']),
    verification_method: joined(fields['verification_method']),
  };
}

function storyOf(raw: unknown, at: number, problems: Problem[]): Plain | undefined {
  const path = `stories[${at}]`;
  if (typeof raw !== 'string' && !isPlain(raw)) {
    problems.push(
      problem('story-not-object', path, `Story ${at + 1} is not a JSON object.`, { params: { story: at + 1 } }),
    );
    return undefined;
  }
  const fields = typeof raw === 'string' ? { title: raw } : named(raw);
  let id = textOf(fields['id']);
  if (id === '') {
    id = `US-${String(at + 1).padStart(3, '0')}`;
    problems.push(
      problem('missing-id', `${path}.id`, `Story ${at + 1} has no id.`, { subject: id, params: { story: at + 1 } }),
    );
  }
  const title = textOf(fields['title']);
  const given = fields['tasks'];
  if (given !== undefined && given !== null && !Array.isArray(given))
    problems.push(
      problem('tasks-not-array', `${path}.tasks`, `The tasks of story ${id} are not a list.`, {
        subject: id,
        params: { story: at + 1 },
      }),
    );
  const tasks: Plain[] = [];
  let earlier = '';
  for (const [t, task] of (Array.isArray(given) ? given : []).entries()) {
    const read = taskOf(task, t, { path: `${path}.tasks[${t}]`, story: id, title, earlier }, problems);
    if (!read) continue;
    tasks.push(read);
    earlier = String(read['id']);
  }
  return {
    id,
    title,
    description: textOf(fields['description']),
    requirement_id: textOf(fields['requirement_id']),
    goal_id: textOf(fields['goal_id']),
    depends_on: idsOf(fields['depends_on']),
    acceptance_criteria: textsOf(fields['acceptance_criteria']),
    verification_script: textOf(fields['verification_script']),
    contract: joined(fields['contract']),
    ...one('mode', fields['mode'], (value) => modeSchema.safeParse(value).data, `${path}.mode`, id, problems),
    ...one(
      'pause_after',
      fields['pause_after'],
      (value) => (typeof value === 'boolean' ? value : undefined),
      `${path}.pause_after`,
      id,
      problems,
    ),
    tasks,
  };
}

function taskOf(
  raw: unknown,
  at: number,
  where: { path: string; story: string; title: string; earlier: string },
  problems: Problem[],
): Plain | undefined {
  const { path, story } = where;
  if (typeof raw === 'string') {
    const id = `${story}-T${at + 1}`;
    problems.push(
      problem('task-was-text', path, `Task ${at + 1} of story ${story} is only a text; it was taken as a title.`, {
        subject: id,
        params: { story, task: at + 1 },
      }),
    );
    return {
      id,
      title: where.title ? `${where.title}: ${raw}` : raw,
      depends_on: where.earlier ? [where.earlier] : [],
    };
  }
  if (!isPlain(raw)) {
    problems.push(
      problem('task-not-object', path, `Task ${at + 1} of story ${story} is not a JSON object.`, {
        subject: story,
        params: { story, task: at + 1 },
      }),
    );
    return undefined;
  }
  const fields = named(raw);
  let id = textOf(fields['id']);
  if (id === '') {
    id = `T-${story}-${String(at + 1).padStart(3, '0')}`;
    problems.push(
      problem('missing-id', `${path}.id`, `Task ${at + 1} of story ${story} has no id.`, {
        subject: id,
        params: { story, task: at + 1 },
      }),
    );
  }
  const needs = Array.isArray(fields['needs'])
    ? fields['needs'].filter((need) => needSchema.safeParse(need).success)
    : undefined;
  if (
    fields['needs'] !== undefined &&
    fields['needs'] !== null &&
    (!Array.isArray(fields['needs']) || needs?.length !== fields['needs'].length)
  )
    problems.push(
      problem('bad-value', `${path}.needs`, `Task ${id}: needs may name network, docker and ports.`, { subject: id }),
    );
  return {
    id,
    title: textOf(fields['title']),
    description: textOf(fields['description']),
    technical_strategy: joined(fields['technical_strategy']),
    depends_on: idsOf(fields['depends_on']),
    verification_script: Array.isArray(fields['verification_script'])
      ? textsOf(fields['verification_script']).join(' && ')
      : textOf(fields['verification_script']),
    ...(needs && needs.length > 0 ? { needs } : {}),
    ...one(
      'estimate',
      fields['estimate'],
      (value) => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined),
      `${path}.estimate`,
      id,
      problems,
    ),
    ...one(
      'pins',
      fields['pins'],
      (value) => (typeof value === 'boolean' ? value : undefined),
      `${path}.pins`,
      id,
      problems,
    ),
  };
}

/** An optional field that is wrong is left out, and said. */
function one(
  name: string,
  raw: unknown,
  read: (value: unknown) => unknown,
  path: string,
  subject: string,
  problems: Problem[],
): Plain {
  if (raw === undefined || raw === null) return {};
  const value = read(raw);
  if (value !== undefined) return { [name]: value };
  problems.push(
    problem(
      'bad-value',
      path,
      `${subject}: ${JSON.stringify(raw).slice(0, 80)} is no value for ${name}; it was left out.`,
      { subject },
    ),
  );
  return {};
}

/** A tree of goals with tasks at its leaves: one story per node that has tasks, titles that keep the way to it. */
function fromGoalTree(root: Plain): Plain {
  const stories: Plain[] = [];
  const open: { node: Plain; trail: string[] }[] = [{ node: root, trail: [] }];
  for (let item = open.shift(); item; item = open.shift()) {
    const trail = [...item.trail, textOf(item.node['goal'] ?? item.node['title'])].filter((part) => part !== '');
    const children = (Array.isArray(item.node['children']) ? item.node['children'] : []).filter((child) =>
      isPlain(child),
    );
    const leaves = children.filter((child) => 'task' in child);
    const id = `US-${String(stories.length + 1).padStart(3, '0')}`;
    if (leaves.length > 0)
      stories.push({
        id,
        title: trail.join(' / '),
        goal_id: 'G-001',
        tasks: leaves.map((leaf, t) => ({
          ...leaf,
          id: textOf(leaf['id']) || `T-${id}-${String(t + 1).padStart(3, '0')}`,
          title: `${trail.join(' / ')}: ${textOf(leaf['task'])}`,
        })),
      });
    if (trail.length < 20) for (const child of children) if (!('task' in child)) open.push({ node: child, trail });
  }
  return { goals: [{ id: 'G-001', title: textOf(root['goal']) }], stories };
}

const otherNames: Readonly<Record<string, string>> = {
  name: 'title',
  dependencies: 'depends_on',
  depends: 'depends_on',
  verification: 'verification_script',
  verify: 'verification_script',
  strategy: 'technical_strategy',
  criteria: 'acceptance_criteria',
  goal: 'goal_id',
  requirement: 'requirement_id',
};

/** Fields in snake_case; another spelling counts only where the right one is absent. */
function named(raw: Plain): Plain {
  const fields = new Map<string, unknown>();
  const later: [string, unknown][] = [];
  for (const [key, value] of Object.entries(raw)) {
    const snake = key
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toLowerCase();
    if (snake === key && !Object.hasOwn(otherNames, key)) fields.set(key, value);
    else later.push([Object.hasOwn(otherNames, snake) ? (otherNames[snake] ?? snake) : snake, value]);
  }
  for (const [key, value] of later) if (!fields.has(key)) fields.set(key, value);
  return Object.fromEntries(fields);
}

function listOf(
  raw: unknown,
  path: string,
  code: 'goals-not-array' | 'stories-not-array',
  problems: Problem[],
): unknown[] {
  if (raw === undefined || raw === null) return [];
  if (Array.isArray(raw)) return raw;
  problems.push(problem(code, path, `“${path}” is not a list.`));
  return [];
}

const shown = (names: readonly string[]): string =>
  `${names
    .slice(0, 5)
    .map((name) => `“${name.slice(0, 40)}”`)
    .join(', ')}${names.length > 5 ? ' and more' : ''}`;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value.trim()
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value.map(asText) : [asText(value)]).filter((text) => text !== '');
const joined = (value: unknown): string => (Array.isArray(value) ? textsOf(value).join('; ') : asText(value));
/** An object where a text belongs keeps its content: contracts come as JSON now and then. */
const asText = (value: unknown): string => (isPlain(value) ? JSON.stringify(value) : textOf(value));
const idsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? value.split(/[,\s]+/).filter((id) => id !== '')
    : (Array.isArray(value) ? value : [])
        .map((id) => (isPlain(id) ? textOf(id['id']) : textOf(id)))
        .filter((id) => id !== '');

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
