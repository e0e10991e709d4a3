/**
 * Before a commit: the tree it will have is held against the tree that was verified. What differs is the person's own
 * uncommitted work; where that lies in files of the task, or the run says always, the task's check also runs in a
 * worktree of the commit, without it.
 */
import { z } from 'zod';
import { isOpenExecError } from '../../errors.js';
import type { GitCommitRequest } from '../../ports/ports.js';
import { ask } from '../../record/ask.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { clip, runCommand, type CommandResult } from '../effects/run-command.js';
import { worktreePrefix } from '../effects/worktree-name.js';

/** Names of the committed and of the verified tree; absent = git could not tell. */
const comparedSchema = z.object({
  sha: z.string().optional(),
  tree: z.string().optional(),
  verified: z.string().optional(),
  /** Files of the task that hold uncommitted changes of the person as well. */
  mine: z.array(z.string()).default([]),
  /** Other files that differ, some of them, and how many. */
  others: z.array(z.string()).default([]),
  count: z.number().default(0),
  /** The branch that is checked out, where it is not the run's. */
  elsewhere: z.string().optional(),
});
type Compared = z.infer<typeof comparedSchema>;
/** Name of the call: whoever makes it stands in a repository. */
export const COMPARE = 'compare';
export type Trees = Pick<Compared, 'tree' | 'verified'> & { branch?: string };

/** `failed`: the check does not pass on what would be committed, and the person wants it mended. */
export async function checkCommit(
  ctx: StepContext,
  request: GitCommitRequest,
): Promise<Trees | { failed: string; output: string }> {
  const how = ctx.run.config.verifyCommit;
  if (how === undefined) return {}; // a run of an older version
  let agreed: string | undefined;
  for (let tries = 1; ; tries++) {
    const compared = await compare(ctx, request);
    const { sha, mine, elsewhere } = compared;
    if (elsewhere !== undefined && elsewhere !== agreed) {
      if (await askWhere(ctx, tries, elsewhere)) agreed = elsewhere;
      continue; // the tree may be another by now
    }
    const trees = treesOf(compared);
    if (sha === undefined || !isDue(ctx, mine)) return trees;
    const script = ctx.work.task.verification_script;
    const done = await checkIn(ctx, sha, script);
    if (done.status === 'ran' && done.exitCode === 0) return trees;
    const output = done.status === 'ran' ? done.output : done.reason;
    const answer = await askAboutCheck(ctx, tries, compared, output);
    if (answer === 'accept') return trees;
    if (answer === 'give-up')
      return { failed: 'The check does not pass on what would be committed.', output: `$ ${script}\n${output}` };
  }
}

const treesOf = ({ tree, verified, elsewhere }: Compared): Trees => ({
  ...(tree && { tree }),
  ...(verified && { verified }),
  ...(elsewhere && { branch: elsewhere }),
});

function isDue({ run, work }: StepContext, mine: readonly string[]): boolean {
  const { verification_script: script, diagnostic } = work.task;
  if (diagnostic || script.trim() === '') return false; // an editor sees no worktree
  return mine.length > 0 || run.config.verifyCommit === 'always';
}

async function compare(ctx: StepContext, request: GitCommitRequest): Promise<Compared> {
  const { git } = ctx.run.ports;
  const own = new Set(request.files.map(({ path }) => path));
  return await callOnce<Compared>(
    ctx,
    {
      kind: 'approval',
      name: COMPARE,
      input: request.files.map(({ path }) => path),
      result: comparedSchema,
      effect: false,
    },
    async () => {
      const elsewhere = await otherBranch(ctx);
      const none = { result: { mine: [], others: [], count: 0, ...elsewhere } };
      try {
        const found = await git.compareCommit(ctx.root, request, ctx.signal);
        if (!found) return none;
        const { differs, left, ...named } = found;
        // What the commit leaves out is none of its files.
        for (const path of left) own.delete(path);
        const others = differs.filter((path) => !own.has(path));
        const mine = differs.filter((path) => own.has(path));
        const params = { sha: named.sha.slice(0, 7), paths: mine.slice(0, 5).join(', ') };
        const code = mine.length > 0 ? 'commit-checked-mine' : 'commit-checked';
        return {
          result: { ...named, mine, others: others.slice(0, 20), count: others.length, ...elsewhere },
          events: isDue(ctx, mine) ? [{ type: 'warning' as const, task: ctx.work.task.id, code, params }] : [],
        };
      } catch (error) {
        // What stands against the commit is said by the commit itself.
        if (isOpenExecError(error) && error.code.startsWith('git-')) return none;
        throw error;
      }
    },
  );
}

/** In a worktree of its own, whose files nobody keeps. */
async function checkIn(ctx: StepContext, sha: string, script: string): Promise<CommandResult> {
  const { run } = ctx;
  const { git, hasher } = run.ports;
  const name = `${worktreePrefix(run.id)}commit-${hasher.sha256(ctx.step.key).slice(0, 12)}`;
  const { link, setup } = run.config.worktree;
  const root = await git.addWorktree(run.root, name, sha, link, ctx.signal);
  try {
    const there: StepContext = { ...ctx, root, made: new Map() };
    const about = { cwd: '', timeoutMs: ctx.stage.timeoutMs, idempotent: true, setup: true } as const;
    if (setup.trim()) {
      const made = await runCommand(there, { ...about, script: setup, purpose: 'stage' });
      if (made.status !== 'ran' || made.exitCode !== 0) return made;
    }
    return await runCommand(there, { ...about, script, purpose: 'verify' });
  } finally {
    await git.removeWorktree(run.root, name, run.ports.clock.timeout(20_000));
  }
}

/** A run on a branch of its own commits nowhere else, which the commit itself says; a worktree has none. */
async function otherBranch({ run, root, signal }: StepContext): Promise<Pick<Compared, 'elsewhere'>> {
  const { branch } = run.state;
  if (root !== run.root || run.config.branch !== '' || branch === null) return {};
  const here = await run.ports.git.stateOfHead(root, signal);
  return here.kind !== 'ok' || here.branch === null || here.branch === branch ? {} : { elsewhere: here.branch };
}

/** The person checked out another branch since. True = it is to be committed there. */
async function askWhere(ctx: StepContext, tries: number, now: string): Promise<boolean> {
  const params = { task: ctx.work.task.id, now, then: ctx.run.state.branch ?? '' };
  const answer = await ask(ctx.run, {
    id: `${ctx.step.key}/branch/${tries}`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'attention', code: 'branch-switched', params, options: ['retry', 'accept'] },
    wording: { code: 'branch-switched', params },
  });
  return answer.option === 'accept';
}

async function askAboutCheck(
  ctx: StepContext,
  tries: number,
  { mine, others, count }: Compared,
  output: string,
): Promise<'retry' | 'accept' | 'give-up'> {
  const kind = mine.length > 0 ? 'mine' : count > 0 ? 'others' : 'ignored';
  const named = kind === 'mine' ? mine : others;
  const params = {
    task: ctx.work.task.id,
    kind,
    paths: named.slice(0, 5).join(', '),
    more: Math.max(0, (kind === 'mine' ? mine.length : count) - 5),
    output: clip(output, 2000),
  } as const;
  const answer = await ask(ctx.run, {
    id: `${ctx.step.key}/commit-check/${tries}`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'attention', code: 'commit-check', params, options: ['retry', 'accept', 'give-up'] },
    wording: { code: 'commit-check', params },
  });
  if (answer.option === 'accept' || answer.option === 'retry') return answer.option;
  return answer.option === 'give-up' || answer.status === 'rejected' ? 'give-up' : 'retry';
}
