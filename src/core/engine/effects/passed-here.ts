/**
 * Checks that passed on the tree as it stands, so that none runs twice on one tree. Only what passed and changed
 * nothing is kept, of the newest tree only, in this process: a resumed run runs its checks again. Whatever we write or
 * take back ends it, also in files that git ignores, which no look at the tree sees.
 */
import type { CommandRequest, TreeLook } from '../../ports/ports.js';
import type { EventOf } from '../../model/event.js';
import type { PassedCheck } from '../../record/live-run.js';
import type { StepContext } from '../../record/step-context.js';
import type { CommandResult, CommandSpec } from './run-command.js';

/** Whatever else runs may change what git does not look at: installed packages, build output, a database. */
const CHECKS: ReadonlySet<EventOf<'command-run'>['purpose']> = new Set([
  'lint',
  'test',
  'build',
  'verify',
  'check-before',
  'gate',
  'story-check',
]);

export interface PassedHere {
  earlier: PassedCheck | undefined;
  /** To be called with what came of it. `changed`: it changed the tree, or nobody knows. */
  keep(result: CommandResult, changed: boolean): void;
}

/** `look`: of the tree before the command; undefined = it was not looked at. */
export function passedHere(
  ctx: StepContext,
  spec: CommandSpec,
  around: Pick<CommandRequest, 'sandbox' | 'network'>,
  look?: TreeLook,
): PassedHere {
  const { run, root, stage, step } = ctx;
  const here = run.passedIn(root);
  if (!CHECKS.has(spec.purpose) || look?.kind !== 'ok') {
    here.results.clear();
    return { earlier: undefined, keep: () => undefined };
  }
  const { head, branch, entries } = look;
  const tree = run.ports.hasher.sha256(
    JSON.stringify([head, branch, entries.map(({ path, kind, mark, executable }) => [path, kind, mark, executable])]),
  );
  if (here.tree !== tree) {
    here.tree = tree;
    here.results.clear();
  }
  const key = JSON.stringify([spec.script ?? spec.argv, spec.cwd, around.sandbox, around.network]);
  return {
    earlier: stage.fresh ? undefined : here.results.get(key),
    keep({ exitCode, timedOut, class: came, bytes, output, log }, changed) {
      if (changed) here.results.clear();
      else if (exitCode === 0 && !timedOut && !came) here.results.set(key, { stage: step.stage, bytes, output, log });
    },
  };
}
