/**
 * What a run that rests goes on with. It froze its blueprint's text at its start, so an edit since changes
 * nothing in it; that is said, and starting over with today's text is the person's to choose. A frozen text that
 * cannot be read is a question, not a guess.
 */
import { parseBlueprint } from '../../blueprint/parse.js';
import { OpenExecError, isOpenExecError } from '../../errors.js';
import type { Approval } from '../../model/approval.js';
import type { Blueprint } from '../../model/blueprint.js';
import type { Result } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import { questionText, type Wording } from '../../view/question-text.js';
import { plain } from '../../view/translate.js';
import { loadBlueprint } from '../blueprints.js';
import type { Environment } from '../environment.js';

/** The text as it was frozen, when it is what was recorded and still reads as a blueprint. */
export function readFrozen(env: Environment, record: RunRecord): { blueprint: Blueprint } | { problem: string } {
  const { id, text, hash } = record.config.blueprint;
  if (env.ports.hasher.sha256(text) !== hash) return { problem: 'its text is not the one that was recorded' };
  const { blueprint, problems } = parseBlueprint(text, `${id}.yaml`);
  if (blueprint) return { blueprint };
  const first = problems.find((problem) => problem.severity === 'error');
  return { problem: first ? `line ${first.line}, column ${first.column}: ${first.message}` : 'it is empty' };
}

/** How the blueprint of a run stands today against the one it began with. */
export async function blueprintOfRun(env: Environment, record: RunRecord): Promise<Result<'run/blueprint'>> {
  const { id, hash } = record.config.blueprint;
  const began = { id, hash };
  try {
    const shipped = await env.blueprint(id);
    // Its text is the same, so it reads the same: most runs go on with what they began with.
    if (shipped && env.ports.hasher.sha256(shipped.text) === hash)
      return { ...began, now: { hash, file: shipped.file }, state: 'same' };
    const now = await loadBlueprint(env, id);
    return { ...began, now: { hash: now.hash, file: now.file }, state: now.hash === hash ? 'same' : 'changed' };
  } catch (error) {
    if (isOpenExecError(error, 'blueprint-not-found')) return { ...began, now: null, state: 'gone' };
    if (isOpenExecError(error, 'blueprint-invalid')) return { ...began, now: null, state: 'unusable' };
    throw error;
  }
}

export const frozenQuestionId = (run: string): string => `${run}/blueprint`;

/** The question of a run whose frozen text cannot be read. */
export function frozenQuestion(env: Environment, record: RunRecord, problem: string): Approval {
  const { id } = record.config.blueprint;
  const wording = { code: 'blueprint-unreadable', params: { id, problem } } satisfies Wording;
  const { title = '', why = '' } = questionText(wording, plain);
  return {
    id: frozenQuestionId(record.id),
    run: record.id,
    task: '',
    stage: '',
    status: 'pending',
    createdAt: env.ports.clock.now(),
    subject: {
      kind: 'attention',
      code: 'blueprint-unreadable',
      params: { id, problem },
      options: ['retry', 'give-up'],
    },
    title,
    why,
    wording,
  };
}

export const unreadable = (record: RunRecord, problem: string): OpenExecError =>
  new OpenExecError('blueprint-unreadable', { id: record.config.blueprint.id, problem });
