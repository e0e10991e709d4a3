/** What many tests start from: small blueprints and the answers of a check. A test whose point is its blueprint shows its own stages. */

/** A blueprint of these stages, each on a line of its own. */
export const blueprintOf = (stages: string, start = 'work'): string => `
version: 1
id: standard_task
name: Standard Task
start: ${start}
stages:
${stages.replace(/^\n/, '')}
`;

/** A model makes it, the task's check says whether it is so, a commit keeps it. */
export const implementVerifyCommit = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);

/** A model works, the task's check says whether it is so; nothing is committed. */
export const workVerify = blueprintOf(`
  work: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }`);

/** No model at all: the task's check decides. */
export const verifyOnly = blueprintOf('  verify: { type: deterministic, action: verify, on_success: done }', 'verify');

/** A model with the tools of this set, and nothing after it. */
export const lookWith = (toolset: string): string =>
  blueprintOf(`  work: { type: agentic, toolset: ${toolset}, goal: look, on_success: done }`);

export const red = { exitCode: 1, output: 'not yet' };
export const green = { exitCode: 0 };
