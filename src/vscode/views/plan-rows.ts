/** The rows of the Plan tree as plain values: goals → stories → tasks, in the order of the document. */
import type { PlanDocument, Story, Task } from '../../core/model/plan.js';
import { settledTask } from '../../core/model/plain/settled.js';
import type { Translate } from '../../core/view/sentences.js';
import { cost, duration, money } from '../../core/view/amounts.js';
import { taskLook, type Look } from '../../core/view/looks.js';
import { waitsForInPlan, type TaskStanding } from '../../core/view/standing.js';
import type { TooltipLine } from './tooltip.js';

export type PlanRow =
  | { kind: 'goal'; id: string }
  | { kind: 'story'; id: string }
  | { kind: 'task'; id: string; story: string };

export const rowKey = (row: PlanRow): string => `${row.kind}:${row.id}`;

/** Stories whose goal is not in the plan stand at the top level, after the goals: a row is never lost. */
export function topRows(document: PlanDocument): PlanRow[] {
  const goals = new Set(document.goals.map((goal) => goal.id));
  return [
    ...document.goals.map((goal): PlanRow => ({ kind: 'goal', id: goal.id })),
    ...document.stories
      .filter((story) => !goals.has(story.goal_id))
      .map((story): PlanRow => ({ kind: 'story', id: story.id })),
  ];
}

export function childRows(document: PlanDocument, row: PlanRow): PlanRow[] {
  switch (row.kind) {
    case 'goal':
      return document.stories
        .filter((story) => story.goal_id === row.id)
        .map((story) => ({ kind: 'story', id: story.id }));
    case 'story':
      return (document.stories.find((story) => story.id === row.id)?.tasks ?? []).map((task) => ({
        kind: 'task',
        id: task.id,
        story: row.id,
      }));
    case 'task':
      return [];
  }
}

export function parentRow(document: PlanDocument, row: PlanRow): PlanRow | undefined {
  if (row.kind === 'task') return { kind: 'story', id: row.story };
  if (row.kind === 'goal') return undefined;
  const goal = document.stories.find((story) => story.id === row.id)?.goal_id;
  return goal !== undefined && document.goals.some((known) => known.id === goal)
    ? { kind: 'goal', id: goal }
    : undefined;
}

/** `extra` stands after the title, where a narrow side bar may cut it off. */
export type RowLook = Look & { extra?: string };

export type Standing = (task: string) => TaskStanding | undefined;

const settled = (standing: Standing, task: Task): boolean => settledTask(standing(task.id)?.status ?? 'pending');

/** What a story's row says: done of all, money, or what is the matter. */
export function storyLook(document: PlanDocument, story: Story, standing: Standing, t: Translate): RowLook {
  const views = story.tasks.map((task) => standing(task.id));
  const done = story.tasks.filter((task) => settled(standing, task)).length;
  const counts = `${done}/${story.tasks.length}`;
  const mode = story.mode ?? 'sequential';
  if (views.some((view) => view?.status === 'waiting'))
    return { icon: 'warning', tone: 'care', word: t('{counts} · needs you', { counts }) };
  if (views.some((view) => view?.status === 'running'))
    return { icon: 'sync', tone: 'live', word: t('{counts} · running · {mode}', { counts, mode }) };
  if (views.some((view) => view?.status === 'failed'))
    return { icon: 'error', tone: 'bad', word: t('{counts} · failed', { counts }) };
  if (story.tasks.length > 0 && done === story.tasks.length) {
    const spent = views.every((view) => view?.costUsd !== null)
      ? views.reduce((sum, view) => sum + (view?.costUsd ?? 0), 0)
      : null;
    const time = views.reduce((sum, view) => sum + (view?.durationMs ?? 0), 0);
    const parts = [time > 0 ? duration(time, t) : '', spent === null ? t('price unknown') : money(spent)].filter(
      (part) => part !== '',
    );
    return { icon: 'pass-filled', tone: 'good', word: counts, extra: parts.join(' · ') };
  }
  const blockedBy = story.depends_on.find((id) =>
    document.stories.find((other) => other.id === id)?.tasks.some((task) => !settled(standing, task)),
  );
  const word = blockedBy === undefined ? counts : t('{counts} · waits for {story}', { counts, story: blockedBy });
  return {
    icon: done > 0 ? 'circle-filled' : 'circle-outline',
    tone: 'plain',
    word: mode === 'sequential' ? word : `${word} · ${mode}`,
  };
}

export function goalWord(document: PlanDocument, goal: string, standing: Standing, t: Translate): string {
  const stories = document.stories.filter((story) => story.goal_id === goal);
  const done = stories.filter((story) => story.tasks.every((task) => settled(standing, task))).length;
  return t('{done} of {all} stories', { done, all: stories.length });
}

/** Description and icon of a task's row. */
export function taskRow(document: PlanDocument, task: Task, standing: Standing, t: Translate): RowLook {
  const view = standing(task.id);
  const look = taskLook(view, waitsForInPlan(document, task.id, standing), t);
  const commit = view?.status === 'done' && view.commit ? view.commit.slice(0, 7) : '';
  return commit === '' ? look : { ...look, extra: commit };
}

export function taskTooltip(task: Task, view: TaskStanding | undefined, status: string, t: Translate): TooltipLine[] {
  const lines: TooltipLine[] = [{ label: t('Status'), text: status }];
  const add = (label: string, text: string, code = false) => text !== '' && lines.push({ label, text, code });
  add(t('Description'), task.description);
  add(t('Strategy'), task.technical_strategy);
  add(t('Depends on'), task.depends_on.join(', '));
  add(t('Verified by'), task.verification_script, true);
  if (view?.durationMs) add(t('Took'), duration(view.durationMs, t));
  if (view && (view.tokens > 0 || view.costUsd)) add(t('Cost'), cost(view.costUsd, view.tokens, t));
  add(t('Commit'), view?.commit ?? '');
  return lines;
}
