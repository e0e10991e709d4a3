/**
 * What deterministic stages do. An action that is not here does not exist;
 * a stage with nothing to run is skipped, and is no evidence.
 */
import { z } from 'zod';
import { assertNever } from '../../../base/assert-never.js';
import { buildContext } from '../../context/build-context.js';
import { OpenExecError } from '../../errors.js';
import type { Action } from '../../model/blueprint.js';
import { storyOfCheck } from '../../model/plain/story-check.js';
import { failureOf } from '../../project/failure.js';
import { runCommand } from '../effects/run-command.js';
import { couldNotRun, nothingToRun, runLines, runVerify, skipped, type VisitResult } from './run-lines.js';
import type { Seen } from '../../record/observations.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { checkCommit } from './commit-check.js';
import { commitOf, taskChanges, taskDiff } from '../effects/task-changes.js';

export async function runAction(ctx: StepContext, action: Action): Promise<VisitResult> {
  const { run, work } = ctx;
  const { commands } = run.config;
  switch (action) {
    case 'build_context':
      return await context(ctx);
    case 'lint':
      return commands.lint.length === 0
        ? nothingToRun(ctx, 'no lint command is known')
        : await runLines(ctx, commands.lint, 'lint');
    case 'test':
      return commands.test.length === 0
        ? nothingToRun(ctx, 'no test command is known')
        : await runLines(ctx, commands.test, 'test');
    case 'build':
      return commands.build.length === 0
        ? nothingToRun(ctx, 'no build command is known')
        : await runLines(ctx, commands.build, 'build');
    case 'run_gates':
      return await runGates(ctx);
    case 'verify':
      return await runVerify(ctx, storyOfCheck(work.task.id) === undefined ? 'verify' : 'story-check');
    case 'commit':
      return await commit(ctx);
    case 'diff_report': {
      const diff = await taskDiff(run, work.task.id, ctx.root);
      return diff
        ? { status: 'succeeded', summary: 'Changes collected.', output: diff, evidence: false }
        : skipped('nothing was changed');
    }
    case 'review_bundle': {
      const diff = await taskDiff(run, work.task.id, ctx.root);
      const checks = ctx.earlier
        .filter((step) => step.evidence)
        .map((step) => `- ${step.stage}: ${step.summary}`)
        .join('\n');
      return {
        status: 'succeeded',
        summary: 'Review bundle made.',
        output: `# Checks\n${checks || 'none'}\n\n# Changes\n${diff || 'none'}`,
        evidence: false,
      };
    }
    case 'summarize_run':
      return {
        status: 'succeeded',
        summary: 'Summary made.',
        output: ctx.earlier.map((step) => `- ${step.stage}: ${step.status}. ${step.summary}`).join('\n'),
        evidence: false,
      };
    case 'apply_patch':
      return skipped('an earlier stage’s edits are applied when it hands them in');
    default:
      return assertNever(action, 'action');
  }
}

/** The project's gates, else its lint, test and build commands. A gate that only warns is told, and fails nothing. */
async function runGates(ctx: StepContext): Promise<VisitResult> {
  const { run, work } = ctx;
  const { commands, gates } = run.config;
  const all =
    gates.length > 0
      ? gates
      : [...commands.lint, ...commands.test, ...commands.build].map((command) => ({
          name: command,
          command,
          mode: 'blocking' as const,
          timeoutMs: ctx.stage.timeoutMs,
          fixHint: '',
        }));
  if (all.length === 0) return nothingToRun(ctx, 'no gate, lint, test or build command is known');
  const failed: string[] = [];
  /** How each failed; undefined where one did not end, or was not run. */
  const ways: (string | undefined)[] = [];
  const outputs: string[] = [];
  for (const gate of all) {
    run.signals.safePoint();
    const done = await runCommand(ctx, {
      script: gate.command,
      cwd: '',
      purpose: 'gate',
      timeoutMs: gate.timeoutMs,
      idempotent: true,
    });
    if (done.class?.kind === 'cannot-run' && gate.mode !== 'warning')
      return couldNotRun(ctx, gate.command, done, [...outputs, `$ ${gate.command}\n${done.output}`]);
    const passed = done.status === 'ran' && done.exitCode === 0;
    const hint = passed || !gate.fixHint ? '' : `\nHint: ${gate.fixHint}`;
    outputs.push(`$ ${gate.command}\n${done.status === 'ran' ? done.output : done.reason}${hint}`);
    if (passed) continue;
    if (gate.mode === 'warning')
      run.journal.note(
        [],
        [{ type: 'warning', task: work.task.id, code: 'gate-warning', params: { gate: gate.name } }],
      );
    else {
      failed.push(gate.name);
      ways.push(done.status === 'ran' && !done.timedOut ? failureOf(gate.command, done) : undefined);
    }
  }
  const summary =
    failed.length === 0
      ? `${all.length} gates passed.`
      : `${failed.length}/${all.length} gates failed: ${failed.join(', ')}.`;
  return {
    status: failed.length === 0 ? 'succeeded' : 'failed',
    summary,
    output: outputs.join('\n'),
    evidence: failed.length === 0,
    ...(ways.length > 0 && !ways.includes(undefined) && { failedAs: run.ports.hasher.sha256(ways.join('\n\n')) }),
  };
}

async function context(ctx: StepContext): Promise<VisitResult> {
  return {
    status: 'succeeded',
    evidence: false,
    ...(await ctx.run.observations.step(ctx.step, () => contextNow(ctx))),
  };
}

async function contextNow({ run, work, root }: StepContext): Promise<Seen> {
  const { workspace, git, models } = run.ports;
  const pack = await buildContext(
    { root, task: work.task, story: work.story, window: models.info(run.config.model).contextWindow },
    { workspace, git },
    run.signals.signal,
  );
  const left = pack.excluded.length > 0 ? `, ${pack.excluded.length} left out` : '';
  return {
    summary: `${pack.included.length} items, about ${pack.tokens} tokens${left}.`,
    output: pack.text,
    result: { included: pack.included, excluded: pack.excluded },
  };
}

/** A run that made a branch of its own commits nowhere else. */
async function onOwnBranch({ run, root }: StepContext): Promise<void> {
  const { branch } = run.config;
  if (branch === '') return;
  const state = await run.ports.git.stateOfHead(root, run.signals.signal);
  if (state.kind === 'ok' && state.branch !== branch && !state.inProgress)
    throw new OpenExecError('git-state', { state: `${branch}, the branch of this run, is not checked out` });
}

const commitResultSchema = z.object({ sha: z.string(), left: z.array(z.string()).optional() });

async function commit(ctx: StepContext): Promise<VisitResult> {
  const { run, work, step } = ctx;
  const { git, clock } = run.ports;
  if (!run.config.commits) return skipped('commits are off');
  const changes = await taskChanges(run, work.task.id, ctx.root);
  if (changes.length === 0) return skipped('nothing was changed');
  const kind = await run.observations.git(step, () => git.stateOfHead(ctx.root, run.signals.signal));
  if (kind !== 'ok') return skipped(kind === 'missing' ? 'git was not found' : 'the folder is not a git repository');
  const subject = `${storyOfCheck(work.task.id) ?? work.task.id}: ${work.task.title}`.slice(0, 100);
  const trailers = [`OpenExec-Task: ${work.task.id}`, `OpenExec-Run: ${run.id}`, `OpenExec-Step: ${step.key}`].join(
    '\n',
  );
  const message = `${[subject, ...(work.task.description ? [work.task.description] : []), trailers].join('\n\n')}\n`;
  const paths = changes.map((change) => change.path);
  const checked = await checkCommit(ctx, await commitOf(run, message, changes));
  if ('failed' in checked)
    return { status: 'failed', summary: checked.failed, output: checked.output, evidence: false };
  const { sha, left } = await callOnce<z.infer<typeof commitResultSchema>>(
    ctx,
    { kind: 'commit', name: 'commit', input: { message, paths }, result: commitResultSchema, effect: true },
    async ({ inFlight }) => {
      // The trailer is the idempotency key: a commit made just before a crash is found, not made again.
      const earlier = inFlight
        ? await git.findTrailer(ctx.root, 'OpenExec-Step', step.key, 50, run.signals.signal)
        : undefined;
      if (earlier === undefined) await onOwnBranch(ctx);
      const made =
        earlier === undefined
          ? await git.commit(ctx.root, await commitOf(run, message, changes), run.signals.signal)
          : { sha: earlier };
      const own = made?.left ?? [];
      if (!made?.sha) return { result: { sha: '', ...(own.length > 0 && { left: own }) } };
      return {
        result: { sha: made.sha },
        writes: [
          {
            table: 'commits',
            row: { key: step.key, run: run.id, task: work.task.id, sha: made.sha, subject, at: clock.now() },
          },
        ],
        events: [
          {
            type: 'commit-made',
            task: work.task.id,
            step: step.key,
            sha: made.sha,
            subject,
            files: paths.filter((path) => !own.includes(path)),
            ...checked,
          },
          ...(own.length > 0
            ? [{ type: 'warning' as const, task: work.task.id, code: 'commit-left', params: { paths: own.join(', ') } }]
            : []),
        ],
      };
    },
  );
  if (left) return skipped(`what changed is in files of yours that git does not have (${left.join(', ')})`);
  return sha
    ? { status: 'succeeded', summary: `${sha.slice(0, 7)} ${subject}`, evidence: false }
    : skipped('HEAD holds these changes already');
}
