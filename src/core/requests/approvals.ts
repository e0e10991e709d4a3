/** Questions and their answers, and the texts they are about. */
import { decodeUtf8, decodeLossy } from '../../base/bytes.js';
import { OpenExecError } from '../errors.js';
import type { Approval } from '../model/approval.js';
import type { Handlers } from '../model/requests.js';
import { answerFirst, stillPending } from '../record/ask.js';
import { putText, type Environment } from './environment.js';

type Methods = 'approval/list' | 'approval/get' | 'approval/draft' | 'approval/answer' | 'blob/text' | 'blob/put';

export function approvalHandlers(env: Environment, resume: (run: string) => Promise<void>): Pick<Handlers, Methods> {
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
  /** Answered while other tasks were still on their way to their safe points: the run goes on once it stands. */
  const goOn = async (run: string): Promise<void> => {
    try {
      if (!env.closing && !env.live.has(run) && (await store.run(run))?.status === 'paused') await resume(run);
    } catch (error) {
      env.ports.log.error(`${run} was answered and could not go on`, error);
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
    'approval/answer': async ({ approval: id, answer }) => {
      const approval = await find(id);
      if (approval.status !== 'pending') throw resolved(approval);
      if (approval.subject.kind === 'attention') {
        if (!answer.option)
          throw new OpenExecError('request-invalid', { problem: 'this question wants one of its options' });
        if (!approval.subject.options.includes(answer.option))
          throw new OpenExecError('request-invalid', { problem: `${answer.option} is not among the options` });
      }
      // What is to be written must be here before the answer that names it.
      for (const file of answer.files ?? []) if (file.after) await store.blob(file.after);
      if (!(await answerFirst(env.ports, approval, answer))) throw resolved(await find(id));
      env.sinks.changes.fire({ type: 'approvals' });
      const live = env.live.get(approval.run);
      if (approval.subject.kind !== 'attention') live?.run.answers.deliver(id, answer);
      else if (live) void live.ended.then(() => goOn(approval.run));
      else await resume(approval.run);
      return {};
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
