/** What models proposed about a plan, from a terminal: list, accept, decline, each with before and after. */
import { OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import { showText } from '../core/text/harmless.js';
import type { ProposalView } from '../core/model/plan-proposal.js';
import { reasonSentence } from '../core/view/reasons.js';
import { counted } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { choosePlan } from './choose.js';
import { indent, oneLine, type Style } from './style.js';
import { problemLine } from './words.js';

export async function listProposals(
  context: Context,
  name: string | undefined,
  options: { all?: boolean },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, name);
  const proposals = await openexec.request('plan/proposals', { plan: plan.id, answered: options.all ?? false });
  if (context.json) {
    context.document({ plan: plan.id, proposals });
    return EXIT.done;
  }
  if (proposals.length === 0) context.line(`Nothing is proposed for ${oneLine(plan.name)}.`);
  let number = 0;
  for (const proposal of proposals) {
    if (proposal !== proposals[0]) context.line();
    context.line(describeProposal(proposal, proposal.status === 'open' ? ++number : undefined, context.style));
  }
  if (number > 0) context.note('Answer with openexec plan accept NUMBER or openexec plan decline NUMBER');
  return EXIT.done;
}

export async function answerProposal(
  context: Context,
  name: string,
  accept: boolean,
  options: { plan?: string },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { id: planId } = await choosePlan(openexec, options.plan);
  const { plan } = await openexec.request('plan/get', { plan: planId });
  const proposal = await chooseProposal(openexec, planId, name);
  const done = await openexec.request('plan/proposal-answer', {
    plan: planId,
    proposal,
    accept,
    ...(plan && { iteration: plan.iteration }),
  });
  if (context.json) {
    context.document(done);
    return EXIT.done;
  }
  context.line(describeProposal(done.proposal, undefined, context.style));
  if (accept) {
    for (const problem of done.problems) context.line(problemLine(problem, context.style));
    context.note(
      `${oneLine(done.plan.name)} is at version ${done.plan.iteration} now. Next: openexec plan approve, which shows its scripts`,
    );
  }
  return EXIT.done;
}

/** By its number in the list of those that wait, its id, or an end of it. */
async function chooseProposal(openexec: OpenExec, plan: string, name: string): Promise<string> {
  const all = await openexec.request('plan/proposals', { plan, answered: true });
  const open = all.filter((one) => one.status === 'open');
  const number = /^\d+$/.test(name) ? open[Number(name) - 1] : undefined;
  const ends = all.filter((one) => one.id.endsWith(name));
  const found =
    all.find((one) => one.id === name) ?? number ?? (ends.length === 1 && !/^\d+$/.test(name) ? ends[0] : undefined);
  if (found) return found.id;
  if (ends.length > 1 && !/^\d+$/.test(name))
    throw new OpenExecError('usage', { problem: `“${name}” fits ${ends.length} proposals. Give the whole id.` });
  throw new OpenExecError('proposal-not-found', { proposal: name });
}

function describeProposal(proposal: ProposalView, number: number | undefined, style: Style): string {
  const kind = proposal.kind === 'scope-discovery' ? 'work the plan does not hold' : 'plan and code do not fit';
  const state =
    proposal.status === 'open'
      ? ''
      : ` · ${proposal.status === 'accepted' ? style.green('accepted') : style.dim('declined')}`;
  return [
    `${number === undefined ? '' : `${number}  `}${style.bold(`${proposal.task} proposes`)} · ${kind}${state}`,
    style.dim(indent(proposal.id, '   ')),
    indent(proposal.message.split('\n').map(showText).join('\n'), '   '),
    ...proposal.changes.flatMap((change) => [
      `   ${change.kind === 'added' ? style.green('+') : '~'} ${change.task}  ${oneLine(change.title)}${change.kind === 'added' ? style.dim(`  in ${change.story}`) : ''}`,
      ...change.fields.flatMap(({ field, before, after }) => [
        style.dim(`       ${field.replaceAll('_', ' ')}`),
        ...(change.kind === 'changed' ? [sided('−', before, style.red)] : []),
        sided('+', after, style.green),
      ]),
    ]),
    ...(proposal.changes.length === 0 ? [`   ${counted(0, 'task')} would change`] : []),
    ...(proposal.problem
      ? [style.yellow(`   cannot be accepted now: ${oneLine(reasonSentence(proposal.problem))}`)]
      : []),
  ].join('\n');
}

const sided = (sign: string, text: string, paint: (text: string) => string): string =>
  (text === '' ? ['(empty)'] : text.split('\n'))
    .map((line) => `         ${paint(`${sign} ${showText(line)}`)}`)
    .join('\n');
