/** Questions and their answers, and the texts they are about. */
import { decodeUtf8, decodeLossy } from '../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../errors.js';
import type { Approval, ApprovalAnswer } from '../model/approval.js';
import type { Handlers } from '../model/requests.js';
import type { RunConfig, RunRecord } from '../model/run.js';
import { answerFirst, pausesAt, stillPending } from '../record/ask.js';
import { pausedToAsk } from '../model/plain/paused-to-ask.js';
import { changeCheck } from './plans/change-check.js';
import { loadLiveRun } from './runs/load-live-run.js';
import { putText, requireRun, type Environment } from './environment.js';

type Methods = 'approval/list' | 'approval/get' | 'approval/draft' | 'approval/answer' | 'blob/text' | 'blob/put';

export function approvalHandlers(
  env: Environment,
  resume: (run: string, onAsk?: RunConfig['onAsk']) => Promise<void>,
): Pick<Handlers, Methods> {
  const { store } = env.ports;
  const find = async (id: string): Promise<Approval> => {
    const approval = await store.approval(id);
    if (!approval) throw new OpenExecError('approval-not-found', {});
    return approval;
  };
  /**
   * Whoever comes too late hears of it.
   * Where another process was first, a run that waits here goes on with that answer.
   */
  const resolved = ({ id, run, status, answer, subject }: Approval): OpenExecError => {
    if (answer && subject.kind !== 'attention') env.live.get(run)?.run.answers.deliver(id, answer);
    return new OpenExecError('approval-resolved', { status });
  };
  /**
   * A run that paused for a question goes on with the answer, unless it would stand still at once at another of its
   * questions: whoever answers the last one starts it. One that a person paused, or that was cut off, waits for
   * `run/resume`, and so does one while another run goes.
   */
  const goOn = async (answered: Approval, onAsk?: RunConfig['onAsk']): Promise<{ goesOn: boolean; left: number }> => {
    const id = answered.run;
    const open = (await store.approvals(id)).filter((one) => one.status === 'pending');
    const left = open.length;
    if (env.live.has(id)) return { goesOn: true, left };
    const record = await store.run(id);
    if (!record || env.closing || !(await restsForAnswer(record, answered))) return { goesOn: false, left };
    if (open.some((one) => pausesAt(onAsk ?? record.config.onAsk, one.subject))) return { goesOn: false, left };
    try {
      await resume(id, onAsk);
      return { goesOn: true, left };
    } catch (error) {
      if (isOpenExecError(error, 'run-active')) return { goesOn: false, left };
      throw error;
    }
  };
  /** Before the answer: it is what makes the run read the plan again. */
  const takeCheck = async (approval: Approval, answer: ApprovalAnswer, script: string): Promise<void> => {
    if (answer.option !== 'edit')
      throw new OpenExecError('request-invalid', { problem: 'a new check comes with the option edit' });
    await changeCheck(env, await requireRun(env, approval.run), approval.task, script);
  };
  /** How to go on is asked where a run stands still for nothing else. */
  const restsForAnswer = async (record: RunRecord, { subject }: Approval): Promise<boolean> => {
    if (subject.kind === 'attention') return record.status === 'paused' || record.status === 'interrupted';
    if (record.status !== 'paused') return false;
    const { reason } = (await loadLiveRun(env, record)).run.state;
    return pausedToAsk(reason, await store.approvals(record.id));
  };
  /** Answered while other tasks were still on their way to their safe points: the run goes on once it stands. */
  const onceItStands = async (answered: Approval, ended: Promise<void>, onAsk?: RunConfig['onAsk']): Promise<void> => {
    try {
      await ended;
      if ((await store.run(answered.run))?.status === 'paused') await goOn(answered, onAsk);
    } catch (error) {
      env.ports.log.error(`${answered.run} was answered and could not go on`, error);
    }
  };
  return {
    'approval/list': () => store.pendingApprovals(),
    'approval/get': async ({ approval: id }) => {
      const approval = await find(id);
      const changeSet =
        approval.subject.kind === 'change-set' ? ((await store.changeSet(approval.subject.changeSet)) ?? null) : null;
      return { approval, changeSet };
    },
    'approval/draft': async ({ approval: id, draft }) => {
      const approval = await find(id);
      // Without the condition a draft that is saved beside an answer would take the answer back.
      const failed =
        approval.status !== 'pending' ||
        (await store.commit([{ table: 'approvals', row: { ...approval, draft } }], [stillPending(approval)]));
      if (failed) throw new OpenExecError('approval-resolved', { status: (await find(id)).status });
      return {};
    },
    'approval/answer': async ({ approval: id, answer, onAsk, script }) => {
      const approval = await find(id);
      if (approval.status !== 'pending') throw resolved(approval);
      if (approval.subject.kind === 'attention') {
        if (!answer.option)
          throw new OpenExecError('request-invalid', { problem: 'this question wants one of its options' });
        if (!approval.subject.options.includes(answer.option))
          throw new OpenExecError('request-invalid', { problem: `${answer.option} is not among the options` });
      }
      if (script !== undefined) await takeCheck(approval, answer, script);
      // What is to be written must be here before the answer that names it.
      for (const file of answer.files ?? []) if (file.after) await store.blob(file.after);
      if (!(await answerFirst(env.ports, approval, answer))) throw resolved(await find(id));
      env.sinks.changes.fire({ type: 'approvals' });
      const live = env.live.get(approval.run);
      if (!live) return await goOn(approval, onAsk);
      if (pausesAt(live.run.config.onAsk, approval.subject)) void onceItStands(approval, live.ended, onAsk);
      else live.run.answers.deliver(id, answer);
      const others = (await store.approvals(approval.run)).filter((one) => one.status === 'pending');
      return { goesOn: true, left: others.length };
    },
    'blob/text': async ({ hash, max }) => {
      const bytes = await store.blob(hash);
      const part = bytes.length > max ? bytes.subarray(0, max) : bytes;
      const text = decodeUtf8(part) ?? (bytes.length > max ? decodeLossy(part) : undefined);
      return { text: text ?? '', bytes: bytes.length, binary: text === undefined, cut: bytes.length > max };
    },
    'blob/put': async ({ text }) => ({ hash: await putText(env, text) }),
  };
}
