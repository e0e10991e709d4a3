/**
 * A question to the operator: a row first, then a wait for whichever door answers.
 * Its id is the call key, so a resumed run meets its own question.
 */
import { canonicalJson } from '../../base/canonical.js';
import { isOpenExecError } from '../errors.js';
import type { Approval, ApprovalAnswer, ApprovalSubject } from '../model/approval.js';
import type { Said } from '../model/plain/said.js';
import type { EventBody, EventOf } from '../model/event.js';
import type { RunConfig } from '../model/run.js';
import type { Condition, Ports, Write } from '../ports/ports.js';
import { questionText, type Wording } from '../view/question-text.js';
import { plain } from '../view/translate.js';
import type { LiveRun } from './live-run.js';
import { PauseRun } from './signals.js';

export interface Question {
  id: string;
  task: string;
  stage: string;
  attempt: number;
  subject: ApprovalSubject;
  wording: Wording;
  /** In the words of who asks, where the wording has no sentence for it. */
  title?: string;
  why?: string;
  /** Of `why`, where it is a decision's. */
  because?: Said | undefined;
  files?: EventOf<'approval-requested'>['files'];
  /** Rows that belong to the question, stored with it. */
  writes?: Write[];
}

export async function ask(run: LiveRun, question: Question): Promise<ApprovalAnswer> {
  const { store, clock } = run.ports;
  let approval = await store.approval(question.id);
  if (!approval) {
    const { wording } = question;
    const { title = question.title ?? '', why = question.why ?? '' } = questionText(wording, plain);
    const because = question.because && { because: question.because };
    approval = {
      id: question.id,
      run: run.id,
      task: question.task,
      stage: question.stage,
      status: 'pending',
      subject: question.subject,
      title,
      why,
      wording,
      ...because,
      createdAt: clock.now(),
    };
    await run.journal.commit(
      [...(question.writes ?? []), { table: 'approvals', row: approval }],
      [
        waiting(question),
        {
          type: 'approval-requested',
          approval: question.id,
          task: question.task,
          stage: question.stage,
          kind: question.subject.kind,
          title,
          why,
          wording,
          ...because,
          files: question.files ?? [],
          ...(await boundTo(run.ports, question)),
        },
      ],
    );
    run.changed('approvals');
  } else if (approval.status === 'pending' && run.state.tasks.get(question.task)?.status !== 'waiting')
    await run.journal.commit([], [waiting(question)]);

  const answer = approval.answer ?? (await answerNow(run, approval));
  // After a resume the answer may have been told already.
  if (run.state.pending.has(question.id))
    await run.journal.commit(
      [],
      [
        {
          type: 'approval-answered',
          approval: question.id,
          task: question.task,
          status: answer.status,
          by: answer.by,
          comment: answer.comment,
          ...(answer.option && { option: answer.option }),
          ...(await boundTo(run.ports, question, answer)),
        },
        ...(question.subject.kind === 'attention'
          ? []
          : [
              {
                type: 'task-changed',
                task: question.task,
                status: 'running',
                attempt: question.attempt,
              } satisfies EventBody,
            ]),
      ],
    );
  return answer;
}

/** The hash that an answer is bound to, for the audit; nothing where no bytes are agreed to. */
async function boundTo(
  { store, hasher }: Pick<Ports, 'store' | 'hasher'>,
  { subject, writes = [] }: Question,
  answer?: ApprovalAnswer,
): Promise<{ hash?: string }> {
  if (subject.kind === 'command') return { hash: subject.hash };
  if (subject.kind !== 'change-set') return {};
  const decided = new Map(answer?.files?.map((file) => [file.path, file.after]));
  const own = writes.flatMap((write) => (write.table === 'change_sets' ? [write.row] : []))[0];
  const proposed = (own ?? (await store.changeSet(subject.changeSet)))?.files ?? [];
  const files = proposed.map(({ path, before, after }) => ({
    path,
    before,
    after: decided.has(path) ? (decided.get(path) ?? null) : after,
  }));
  return { hash: hasher.sha256(canonicalJson(files)) };
}

function waiting(question: Question): EventBody {
  const operator = question.subject.kind === 'attention' || question.subject.kind === 'question';
  return {
    type: 'task-changed',
    task: question.task,
    status: 'waiting',
    attempt: question.attempt,
    waitingFor: operator ? 'operator' : 'approval',
  };
}

/**
 * Whether the run comes to stand still at such a question. Told to say yes or no, it does so of changes, commands and
 * the start of a task: what asks how to go on, or for words, is for a person.
 */
export function pausesAt(onAsk: RunConfig['onAsk'], { kind }: Pick<ApprovalSubject, 'kind'>): boolean {
  if (kind === 'attention' || onAsk === 'pause') return true;
  return onAsk !== 'wait' && kind === 'question';
}

/** What the run was told to do with questions; a person's answer is delivered by the façade after it is stored. */
async function answerNow(run: LiveRun, approval: Approval): Promise<ApprovalAnswer> {
  // Operator attention: the run pauses; the answer resumes it, and this question is met again, answered.
  if (approval.subject.kind === 'attention')
    throw new PauseRun(approval.subject.code, approval.subject.params, approval.task);
  const { onAsk } = run.config;
  const given = approval.subject.kind === 'question' ? run.answers.given() : undefined;
  if (onAsk === 'wait' && given === undefined) return await run.answers.waitFor(approval.id);
  const { store } = run.ports;
  const stored = (await store.approval(approval.id)) ?? approval; // its words have passed the redaction sink
  // By another door, in this moment; or in the record of a version that said yes and no to more than this one.
  if (stored.answer) return stored.answer;
  const answer = given === undefined ? byFlag(onAsk, approval.subject) : byFlagInWords(given);
  if (!answer) throw new PauseRun('needs-operator', { title: approval.title }, approval.task, approval.wording);
  if (await answerFirst(run.ports, stored, answer)) return answer;
  const first = (await store.approval(approval.id))?.answer;
  return first ?? answer; // without one the run is being cancelled: it ends at its next safe point
}

const byFlagInWords = (comment: string): ApprovalAnswer => ({ status: 'accepted', by: 'flag', comment });

function byFlag(onAsk: RunConfig['onAsk'], subject: ApprovalSubject): ApprovalAnswer | undefined {
  if (pausesAt(onAsk, subject)) return undefined;
  return onAsk === 'accept'
    ? { status: 'accepted', by: 'flag', comment: '' }
    : { status: 'rejected', by: 'flag', comment: 'Refused: this run asks nobody.' };
}

/**
 * First answer wins, whoever gives it and in which process:
 * false = the question waits no more, and nothing was written.
 */
export async function answerFirst(
  { store }: Pick<Ports, 'store'>,
  approval: Approval,
  answer: ApprovalAnswer,
): Promise<boolean> {
  const answered: Approval = { ...approval, status: answer.status, answer };
  const failed = await store.commit([{ table: 'approvals', row: answered }], [stillPending(approval)]);
  return failed === undefined;
}

export const stillPending = ({ id }: Approval): Condition => ({ table: 'approvals', pending: id });

/**
 * Failures that a person can do something about and that say nothing about the work:
 * the run pauses, the step stays open.
 */
export const pausesRun = (error: unknown): boolean =>
  isOpenExecError(error) &&
  (/^(model|budget|recording|git|store|disk|shell|blob)/.test(error.code) ||
    ['file-unwritable', 'apply-failed', 'command-not-found', 'diagnostics-missing', 'diagnostics-unknown'].includes(
      error.code,
    ));
