/**
 * One question to the policy as a door asks it (a shell line, a vector or a path), judged exactly as a
 * run in that root would be, without effect.
 */
import { ask, decisionOf } from '../policy/types.js';
import { judge, type JudgeWorld } from './judge.js';
import { questionSchema, type Decision, type Effect, type Question } from '../model/policy.js';
import type { Facts, Policy, PolicyRequest } from '../policy/index.js';

const RANK: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

export async function explain(
  question: Question,
  policy: Policy,
  world: JudgeWorld,
  known: Facts = {},
): Promise<Decision> {
  const { cmd, argv, path, op, cwd, platform } = question;
  if ([cmd, argv, path].filter((one) => one !== undefined).length !== 1)
    return unreadable('a question is one of cmd, argv and path');
  const facts: Facts = platform === '' ? known : { ...known, platform };
  if (path !== undefined)
    return await judge(
      {
        kind: 'path',
        op,
        path: cwd === '' || /^(?:[/\\]|[a-z]:)/i.test(path) || path === '' ? path : `${cwd}/${path}`,
      },
      policy,
      world,
      facts,
    );
  if (argv !== undefined) return await judge({ kind: 'argv', argv, cwd }, policy, world, facts);
  const text = cmd ?? '';
  const script = async (language: 'posix' | 'powershell'): Promise<PolicyRequest> => ({
    kind: 'script',
    text,
    cwd,
    parsed: await world.shell.parse(text, language),
  });
  const posix = await judge(await script('posix'), policy, world, facts);
  if (platform !== 'win32' || posix.effect === 'deny') return posix;
  if (/%[^%\s]+%|\^[^\s]|![^!\s]+!/.test(text))
    return strictest(
      posix,
      decisionOf(ask('command.batch-file', 'cmd.exe would put values in, or read the line in another way')),
    );
  // Which shell reads a line on Windows is not told by the line: the stricter reading holds.
  const powershell = await judge(await script('powershell'), policy, world, facts);
  return strictest(posix, powershell);
}

const strictest = (first: Decision, second: Decision): Decision =>
  RANK[second.effect] > RANK[first.effect] ? second : first;

/**
 * One line of JSON in, one decision out.
 * A line that cannot be read is denied with what is wrong; it never fails for what it is given.
 */
export async function explainLine(
  line: string,
  policy: Policy,
  world: JudgeWorld,
  known: Facts = {},
): Promise<Decision> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return unreadable(`the line is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`);
  }
  const parsed = questionSchema.safeParse(value);
  if (!parsed.success)
    return unreadable(
      `the line is no question: ${parsed.error.issues
        .map((issue) => `${issue.path.join('.') || 'line'}: ${issue.message}`)
        .join('; ')
        .slice(0, 300)}`,
    );
  return await explain(parsed.data, policy, world, known);
}

const unreadable = (reason: string): Decision => ({ effect: 'deny', rule: 'question.unreadable', reason });
