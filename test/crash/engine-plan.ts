/** What the killed process works on: a plan of any length, its blueprint, a model that answers by task, and how the tree must look at the end. */
import type { PlanDocument, Task } from '../../src/core/model/plan.js';
import type { ScriptedTurn } from '../fakes/model.js';

export const blueprint = `
version: 1
id: standard_task
name: Small
defaults: { max_retries: 3 }
start: implement
stages:
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: verify }
  commit: { type: deterministic, action: commit, on_success: done }
`;

export interface Job {
  tasks: readonly string[];
  plan: PlanDocument;
  before: Readonly<Record<string, string>>;
  after: Readonly<Record<string, string>>;
  script: Readonly<Record<string, readonly ScriptedTurn[]>>;
}

/** The three files that the one change set of a task touches: made, changed, deleted. */
export const filesOf = (task: string) => ({
  made: `made/${task}.txt`,
  changed: 'list.txt',
  line: `line ${task}`,
  deleted: `old/${task}.txt`,
});

const submit = { name: 'submit_result', input: { summary: 'done' } };

/** Task after task; each changes three files at once, and every third gets its new file wrong first, so that the healing stage is entered. */
export function makeJob(count: number): Job {
  const tasks = Array.from({ length: count }, (_, n) => `T${n + 1}`);
  const wrong = (task: string) => Number(task.slice(1)) % 3 === 0;
  const document: Task[] = tasks.map((id, n) => {
    const { made, line, deleted } = filesOf(id);
    return {
      id,
      title: `Do ${id}`,
      description: '',
      technical_strategy: 'plainly',
      depends_on: n === 0 ? [] : [tasks[n - 1] ?? ''],
      verification_script: `grep -qx "${line}" list.txt && grep -qx good ${made} && test ! -e ${deleted}`,
    };
  });
  return {
    tasks,
    plan: {
      schema_version: '1.1',
      goals: [{ id: 'G-001', title: 'Goal', description: '', success_criteria: '', verification_method: '' }],
      stories: [
        {
          id: 'US-001',
          title: 'Story',
          description: '',
          requirement_id: '',
          goal_id: 'G-001',
          depends_on: [],
          acceptance_criteria: [],
          verification_script: '',
          contract: '',
          tasks: document,
        },
      ],
    },
    before: { 'list.txt': 'end\n', ...Object.fromEntries(tasks.map((id) => [filesOf(id).deleted, 'to go\n'])) },
    after: {
      'list.txt': `${tasks.map((id) => `${filesOf(id).line}\n`).join('')}end\n`,
      ...Object.fromEntries(tasks.map((id) => [filesOf(id).made, 'good\n'])),
    },
    // By task and stage, so that a process that starts in the middle gets the same answers.
    script: Object.fromEntries(
      tasks.flatMap((id): [string, ScriptedTurn[]][] => {
        const { made, line, deleted } = filesOf(id);
        const edit = {
          name: 'apply_patch',
          input: { patch: JSON.stringify([{ path: 'list.txt', search: 'end\n', replace: `${line}\nend\n` }]) },
        };
        const write = (content: string) => ({ name: 'write_file', input: { path: made, content } });
        const remove = { name: 'delete_file', input: { path: deleted } };
        return [
          [
            `${id}/implement`,
            [
              {
                say: 'This is what I will do, in so many words.',
                tools: [write(wrong(id) ? 'bad\n' : 'good\n'), edit, remove, submit],
              },
            ],
          ],
          [`${id}/fix`, [{ say: 'One file is wrong.', tools: [write('good\n'), submit] }]],
        ];
      }),
    ),
  };
}
