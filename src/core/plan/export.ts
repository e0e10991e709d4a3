/** A plan as Markdown, for reading and for a pull request. */
import type { PlanDocument } from '../model/plan.js';
import { fenced } from '../text/fenced.js';
import { schedule } from './schedule.js';

export function planToMarkdown(name: string, document: PlanDocument): string {
  const { waves, hours, spanHours } = schedule(document);
  const tasks = document.stories.reduce((sum, story) => sum + story.tasks.length, 0);
  const out: string[] = [
    `# ${line(name)}`,
    '',
    `${document.goals.length} goals, ${document.stories.length} stories, ${tasks} tasks; about ${hours} h of work, ${spanHours} h on the critical path.`,
    '',
  ];
  if (document.goals.length > 0) out.push('## Goals', '');
  for (const goal of document.goals) {
    out.push(`- **${line(goal.id)}** ${line(goal.title)}`);
    if (goal.success_criteria) out.push(`  - Reached when: ${line(goal.success_criteria)}`);
    if (goal.verification_method) out.push(`  - Shown by: ${line(goal.verification_method)}`);
  }
  if (document.goals.length > 0) out.push('');
  for (const story of document.stories) {
    out.push(`## ${line(story.id)} ${line(story.title)}`, '');
    if (story.description) out.push(line(story.description), '');
    const facts = [
      story.goal_id && `goal ${story.goal_id}`,
      story.requirement_id && `requirement ${story.requirement_id}`,
      story.depends_on.length > 0 && `after ${story.depends_on.join(', ')}`,
      story.mode && story.mode !== 'sequential' && story.mode,
      story.pause_after && 'pause after it',
    ].filter(Boolean);
    if (facts.length > 0) out.push(`*${line(facts.join('; '))}*`, '');
    for (const criterion of story.acceptance_criteria) out.push(`- ${line(criterion)}`);
    if (story.acceptance_criteria.length > 0) out.push('');
    if (story.contract) out.push(`Contract: ${line(story.contract)}`, '');
    for (const task of story.tasks) {
      out.push(`### ${line(task.id)} ${line(task.title)}`, '');
      if (task.description) out.push(line(task.description), '');
      if (task.technical_strategy) out.push(`Strategy: ${line(task.technical_strategy)}`, '');
      if (task.depends_on.length > 0) out.push(`After: ${task.depends_on.map(line).join(', ')}`, '');
      if (task.verification_script) out.push(fenced(task.verification_script.trim(), 'sh'), '');
    }
    if (story.verification_script)
      out.push('Check of the story:', '', fenced(story.verification_script.trim(), 'sh'), '');
  }
  if (waves.length > 0)
    out.push('## Order', '', ...waves.map((wave, at) => `${at + 1}. ${wave.map(line).join(', ')}`), '');
  return `${out.join('\n').trimEnd()}\n`;
}

/** One line, without a markup that would start something new. */
const line = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[<>]/g, (char) => (char === '<' ? '&lt;' : '&gt;'));
