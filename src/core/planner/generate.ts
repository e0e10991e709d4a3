/** From an intent to a plan: facts, one model answer, at most two corrections; rules where no model can answer. */
import { isOpenExecError, OpenExecError, type ErrorCode } from '../errors.js';
import type { PlanDocument, Problem } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import type { Answer, Question } from '../models/ask-model.js';
import { Conversation } from '../models/conversation.js';
import type { Log, Workspace } from '../ports/ports.js';
import { commandsFor, type FoundCommands } from '../project/commands.js';
import { completePlan } from './complete-plan.js';
import { describeFacts } from '../project/facts.js';
import { intentName, parseIntent, type Intent } from './intent.js';
import type { Planning, PlanningPorts } from './planning.js';
import { normalizePlan } from '../plan/normalize-plan.js';
import { extractJson } from '../plan/plan-json.js';
import { hasErrors, problem } from '../plan/problems.js';
import { correction, plannerSystem, planRequest, submitPlan } from './prompt.js';
import { ruleBasedPlan } from './rule-based.js';
import { validatePlan } from '../plan/validate-plan.js';

export interface GenerateInput {
  intent: string;
  root: Root;
  /** '' = none chosen: the plan is made by rules. */
  model: string;
  /** A few words on what is being done now. */
  onProgress?: (text: string) => void;
}

export interface GeneratedPlan {
  /** A name for it, from the intent. */
  title: string;
  document: PlanDocument;
  /** How it came to be: what was repaired, read otherwise or added, and why rules made it. To be kept with it. */
  notes: Problem[];
  /**
   * The notes, and what is wrong with the document as it stands.
   * Errors remain only when the model could not mend them; such a plan can be seen and edited, not run.
   */
  problems: Problem[];
  /** Made by rules. `notes` has made-by-rules with the reason. */
  degraded: boolean;
  /** Label of the model that made it, '' when rules did. */
  model: string;
  source: 'model' | 'rules';
}

/** The first answer and two corrections. */
export const MAX_CALLS = 3;
/** Tokens of one answer; where the budget has no room for the first, a smaller plan is better than none. */
const OUTPUTS = [32_000, 16_000, 8_000] as const;

/**
 * With these the plan is made by rules.
 * Anything else (a refused key, an unknown model, …) is the person's to mend, and rejects.
 */
const passing: ReadonlySet<ErrorCode> = new Set([
  'model-none',
  'model-network',
  'model-overloaded',
  'model-rate-limited',
  'model-stalled',
  'model-malformed',
]);

/**
 * Errors: intent-empty; model-auth, model-unknown, model-context, model-refused, recording-missing;
 * planning-budget; the signal's reason.
 */
export async function generatePlan(
  input: GenerateInput,
  planning: Pick<Planning, 'ask'>,
  ports: PlanningPorts & { workspace: Workspace; log: Log },
  signal: AbortSignal,
): Promise<GeneratedPlan> {
  if (!input.intent.replace(/[\s\p{Cc}]/gu, '')) throw new OpenExecError('intent-empty', {});
  const say = input.onProgress ?? (() => undefined);
  const intent = parseIntent(input.intent);
  say('Looking at the repository');
  const found = await commandsFor(ports.workspace, input.root, signal);
  signal.throwIfAborted();

  let reason: string;
  try {
    if (!input.model) throw new OpenExecError('model-none', {});
    const answered = await fromModel(input, { intent, found, say }, { ...ports, planning }, signal);
    if (answered) return withNotes(answered, ofConfig(found));
    reason = 'answer-malformed';
  } catch (error) {
    if (signal.aborted || !isOpenExecError(error) || !passing.has(error.code)) throw error;
    reason = error.code;
    ports.log.warn('the plan is made by rules', { reason });
  }
  say('Making a plan by rules');
  const made = completePlan(ruleBasedPlan(intent, found.commands), intent, found.commands);
  const note = problem(
    'made-by-rules',
    '',
    'No model answered, so this plan was made by fixed rules. Edit it before you approve it: its checks prove little.',
    { params: { reason } },
  );
  const notes = [note, ...ofConfig(found), ...made.problems];
  return {
    title: intentName(intent),
    document: made.document,
    notes,
    problems: [...notes, ...validatePlan(made.document)],
    degraded: true,
    model: '',
    source: 'rules',
  };
}

/** A plan runs nothing, so a broken openexec.yaml does not stop it; its checks were made without what stands there. */
const ofConfig = ({ problems }: FoundCommands): Problem[] =>
  problems.map((one) => ({
    ...one,
    severity: 'warning',
    message: `${String(one.params['file'])}, line ${String(one.params['line'])}: ${one.message}`,
  }));

const withNotes = (plan: GeneratedPlan, notes: Problem[]): GeneratedPlan => ({
  ...plan,
  notes: [...notes, ...plan.notes],
  problems: [...notes, ...plan.problems],
});

/** undefined: no answer held anything that could be shown as a plan. */
async function fromModel(
  input: GenerateInput,
  { intent, found, say }: { intent: Intent; found: FoundCommands; say: (text: string) => void },
  { planning, models, redact }: Pick<PlanningPorts, 'models' | 'redact'> & { planning: Pick<Planning, 'ask'> },
  signal: AbortSignal,
): Promise<GeneratedPlan | undefined> {
  const info = models.info(input.model);
  const conversation = new Conversation(redact, plannerSystem);
  conversation.say(planRequest(input.intent, describeFacts(found.facts)));
  let best: GeneratedPlan | undefined;
  for (let call = 1; call <= MAX_CALLS; call++) {
    say(
      call === 1 ? `Asking ${info.label}` : `Asking ${info.label} to mend the plan (${call - 1} of ${MAX_CALLS - 1})`,
    );
    let turn: Answer;
    try {
      turn = await askWithinBudget(planning, { model: input.model, conversation }, signal);
    } catch (error) {
      if (!best || signal.aborted || !isOpenExecError(error) || !mendingEnds(error.code)) throw error;
      return unmended(best, error.code);
    }
    signal.throwIfAborted();
    if (turn.stop === 'refused') throw new OpenExecError('model-refused', {});
    say('Checking the plan');
    const read = readAnswer(turn);
    let notes = read.form;
    let problems = notes;
    if (read.document) {
      let { document } = read;
      let content = validatePlan(document);
      // Additions wait for a sound plan: they must not hide its own faults, nor repair them by accident.
      if (!hasErrors([...notes, ...content])) {
        const added = completePlan(document, intent, found.commands);
        document = added.document;
        notes = [...notes, ...added.problems];
        content = validatePlan(document);
      }
      problems = [...notes, ...content];
      const title = intentName(intent);
      best = { title, document, notes, problems, degraded: false, model: info.label, source: 'model' };
      if (!hasErrors(problems)) return best;
    }
    conversation.heard(turn.content, '(no answer)');
    reply(conversation, turn, correction(problems));
  }
  // Two corrections were not enough.
  // A plan with errors can be seen and mended by hand: worth more than one made by rules.
  return best;
}

/** Errors: those of `Planning.ask`; planning-budget only where the smallest answer has no room. */
async function askWithinBudget(
  planning: Pick<Planning, 'ask'>,
  asked: Pick<Question, 'model' | 'conversation'>,
  signal: AbortSignal,
): Promise<Answer> {
  const tool = submitPlan();
  const ask = (maxTokens: number): Promise<Answer> =>
    planning.ask({ ...asked, tools: [tool], forceTool: tool.name, maxTokens }, signal);
  let refused: unknown;
  for (const maxTokens of OUTPUTS) {
    try {
      return await ask(maxTokens);
    } catch (error) {
      if (!isOpenExecError(error, 'planning-budget')) throw error;
      refused = error;
    }
  }
  throw refused;
}

/** With these a plan that is there already is worth more than none: it is kept with its errors. */
const mendingEnds = (code: ErrorCode): boolean => passing.has(code) || code === 'planning-budget';

function unmended(plan: GeneratedPlan, reason: ErrorCode): GeneratedPlan {
  const note = problem('not-mended', '', 'The model could not be asked to mend this plan: see to its errors by hand.', {
    params: { reason },
  });
  return { ...plan, notes: [note, ...plan.notes], problems: [note, ...plan.problems] };
}

/** `form` holds what was wrong with its shape. `document` is absent when there is nothing to show. */
function readAnswer(turn: Answer): { document?: PlanDocument; form: Problem[] } {
  const notes: Problem[] = [];
  const call = turn.content.find((block) => block.type === 'tool-use' && block.name === submitPlan().name);
  let raw: unknown;
  if (call?.type === 'tool-use') {
    // What was cut off is never taken for whole: it may be the middle of a script.
    if (turn.stop === 'max-tokens')
      return {
        form: [
          problem(
            'wrong-type',
            '',
            'The answer was cut off at the longest output allowed. Hand in a shorter plan: fewer tasks, shorter texts.',
          ),
        ],
      };
    raw = typeof call.input === 'string' ? extractJson(call.input)?.value : call.input;
  } else {
    const text = turn.content
      .filter((block) => block.type === 'text')
      .map((block) => block.text)
      .join('\n');
    const extracted = extractJson(text);
    if (extracted?.repaired)
      notes.push(
        problem(
          'answer-repaired',
          '',
          'The answer was damaged or cut off and was repaired; something may be missing at its end.',
        ),
      );
    raw = extracted?.value;
  }
  if (raw === undefined) return { form: [problem('root-not-object', '', 'There was no plan in the answer.')] };
  const { document, problems } = normalizePlan(raw);
  const form = [...notes, ...problems];
  if (document?.stories.length === 0)
    return { form: [...form, problem('plan-empty', 'stories', 'The plan has no stories.')] };
  return document ? { document, form } : { form };
}

/** Calls of tools that there are not are answered, too. */
function reply(conversation: Conversation, turn: Answer, text: string): void {
  const calls = turn.content.filter((block) => block.type === 'tool-use');
  if (calls.length === 0) conversation.say(text);
  else
    conversation.answer(
      calls.map(({ id, name }) => ({
        id,
        content: name === submitPlan().name ? text : `There is no tool ${name}. ${text}`,
        isError: true,
      })),
    );
}
