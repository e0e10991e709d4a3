/** What the killed process works on: a plan, its blueprint, a model that answers by call, and how the tree must look at the end. */
import type { PlanDocument, Task } from '../../src/core/model/plan.js';
import type { ScriptedTurn } from '../fakes/model.js';

export const blueprint = `
version: 1
id: standard_task
name: Small
defaults: { max_retries: 3 }
start: gather
stages:
  gather: { type: deterministic, action: build_context, on_success: implement }
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: verify, on_failure: fix }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  commit: { type: deterministic, action: commit, on_success: done }
`;

export const before: Readonly<Record<string, string>> = { 'README.md': '# A small thing\n', 'a.txt': 'one\ntwo\nthree\n', 'old.txt': 'to go\n' };
export const after: Readonly<Record<string, string>> = { 'README.md': '# A small thing\n', 'a.txt': 'ONE\nTWO\nthree\nfour\n', 'notes/b.txt': 'made\n' };

const task = (id: string, check: string, depends_on: string[] = []): Task => ({ id, title: `Do ${id}`, description: '', technical_strategy: 'plainly', depends_on, verification_script: check });

export const plan: PlanDocument = {
  schema_version: '1.1', goals: [{ id: 'G-001', title: 'Goal', description: '', success_criteria: '', verification_method: '' }],
  stories: [
    {
      id: 'US-001', title: 'Story', description: '', requirement_id: '', goal_id: 'G-001', depends_on: [], acceptance_criteria: [], verification_script: '', contract: '',
      tasks: [
        task('T1', 'grep -qx ONE a.txt'), task('T2', 'grep -qx made notes/b.txt', ['T1']), task('T3', 'grep -qx TWO a.txt', ['T1']), task('T4', 'test ! -e old.txt', ['T2']), task('T5', 'grep -qx four a.txt', ['T3', 'T4']),
      ],
    },
  ],
};

const patch = (path: string, search: string, replace: string) => ({ name: 'apply_patch', input: { patch: JSON.stringify([{ path, search, replace }]) } });
const submit = { name: 'submit_result', input: { summary: 'done' } };
const turns = (call: string, ...answers: ScriptedTurn[]): [string, ScriptedTurn[]][] => answers.map((answer, index) => [`${call}/${index + 1}`, [answer]]);

/** By call key, so that a process that starts in the middle gets the same answers. Reading and writing take several turns. */
export const script: Readonly<Record<string, readonly ScriptedTurn[]>> = {
  'T1/implement': [{ tools: [patch('a.txt', 'one', 'ONE'), submit] }],
  'T2/implement': [{ tools: [{ name: 'write_file', input: { path: 'notes/b.txt', content: 'made\n' } }, submit] }],
  // Its first try leaves the check red, so the healing stage is entered.
  'T3/implement': [{ tools: [patch('a.txt', 'two', 'Two'), submit] }],
  'T3/fix': [{ tools: [patch('a.txt', 'Two', 'TWO'), submit] }],
  'T4/implement': [{ tools: [{ name: 'delete_file', input: { path: 'old.txt' } }, submit] }],
  ...Object.fromEntries(turns('T5/1/implement/1', { tools: [{ name: 'read_file', input: { path: 'a.txt' } }] })),
  'T5/implement': [{ tools: [patch('a.txt', 'three\n', 'three\nfour\n'), submit] }],
};
