import type { PlanDocument, Story, Task } from '../../../src/core/model/plan.js';

export const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  title: `Do ${id}`,
  description: '',
  technical_strategy: 'As usual.',
  depends_on: [],
  verification_script: `npm test -- ${id}`,
  ...more,
});

type StoryInput = Partial<Omit<Story, 'tasks'>> & { tasks: Record<string, Partial<Task>> };

/** A sound plan with one goal but for what is said. */
export const plan = (stories: Record<string, StoryInput>): PlanDocument => ({
  schema_version: '1.1',
  goals: [
    { id: 'G-001', title: 'Goal', description: '', success_criteria: 'It works.', verification_method: 'Tests.' },
  ],
  stories: Object.entries(stories).map(([id, { tasks, ...more }]) => ({
    id,
    title: `Story ${id}`,
    description: '',
    requirement_id: '',
    goal_id: 'G-001',
    depends_on: [],
    acceptance_criteria: [],
    verification_script: '',
    contract: '',
    ...more,
    tasks: Object.entries(tasks).map(([name, fields]) => task(name, fields)),
  })),
});
