/** Verify Plan in a terminal: each check of the plan run once, green or red, no model. */
import { showText } from '../core/text/harmless.js';
import type { PlanCheck } from '../core/model/requests.js';
import { withOwnProgress } from '../core/own-progress.js';
import { counted, duration } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { offerEnvironments } from './environment-commands.js';
import { choosePlan } from './choose.js';
import { indent, oneLine, type Style } from './style.js';

/** 0 all green, 1 at least one red, 3 none red but some that could not run. */
export async function verify(
  context: Context,
  name: string | undefined,
  options: { task?: string[] },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, name);
  await offerEnvironments(context, openexec);
  const { checks } = await withOwnProgress(
    openexec,
    crypto.randomUUID(),
    (text) => context.note(context.style.dim(oneLine(text))),
    (progressToken) =>
      openexec.request(
        'plan/verify',
        { plan: plan.id, ...(options.task?.length ? { subjects: options.task } : {}), progressToken },
        context.signal,
      ),
  );
  const counts: Record<PlanCheck['outcome'], number> = { green: 0, red: 0, broken: 0, 'cannot-run': 0, 'not-run': 0 };
  for (const check of checks) counts[check.outcome] += 1;
  if (context.json)
    context.document({
      plan: plan.id,
      green: counts.green,
      red: counts.red,
      broken: counts.broken,
      cannotRun: counts['cannot-run'],
      notRun: counts['not-run'],
      checks,
    });
  else {
    for (const check of checks) printCheck(context, check);
    context.line(`${counts.green} green, ${counts.red} red${others(counts)} of ${counted(checks.length, 'check')}.`);
  }
  if (counts.red) return EXIT.failed;
  return counts.green === checks.length ? EXIT.done : EXIT.operator;
}

/** What is no evidence is counted apart, and only where there is any. */
const others = (counts: Readonly<Record<PlanCheck['outcome'], number>>): string =>
  [
    counts.broken && `, ${counts.broken} broken`,
    counts['cannot-run'] && `, ${counts['cannot-run']} cannot run`,
    counts['not-run'] && `, ${counts['not-run']} not run`,
  ]
    .filter(Boolean)
    .join('');

export function outcomeWord(check: Pick<PlanCheck, 'outcome'>, style: Style): string {
  return {
    green: style.green('green'),
    red: style.red('red'),
    broken: style.yellow('broken'),
    'cannot-run': style.yellow('cannot run'),
    'not-run': style.yellow('not run'),
  }[check.outcome];
}

function printCheck(context: Context, check: PlanCheck): void {
  const { style } = context;
  const time = check.outcome === 'not-run' ? '' : style.dim(`  ${duration(check.durationMs)}`);
  context.line(
    `${outcomeWord(check, style)}  ${check.subject}  ${oneLine(showText(check.script), 120)}  ${style.dim(oneLine(check.reason, 200))}${time}`,
  );
  if (check.outcome !== 'green' && check.tail.trim())
    context.line(style.dim(indent(lastLines(check.tail, 12), '      ')));
}

const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n');
