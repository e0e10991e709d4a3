/** Runs made-up lines and paths through grammar and policy, and looks a second time at what was allowed. */
import { explain } from '../../../src/core/permission/explain.js';
import type { JudgeWorld } from '../../../src/core/permission/judge.js';
import { questionSchema, type Decision } from '../../../src/core/model/policy.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import type { ShellParser } from '../../../src/core/ports/ports.js';
import { EVERYDAY_LINES } from './everyday-lines.js';
import { changedLine, randomFrom, someLine, somePath } from './fuzz-lines.js';

export interface FuzzResult {
  allowed: number;
  asked: number;
  denied: number;
  failures: string[];
}

const ROOT = '/p/app';
const POLICY = { sandbox: 'workspace-write', approval: 'changes', trusted: true } as const;
const worldOf = (shell: ShellParser): JudgeWorld => ({
  root: asRoot(ROOT),
  shell,
  locate: async () => undefined,
  workspace: { stat: async () => undefined, list: async () => [], read: async () => undefined },
});

/** Words that may never be first in a line that is allowed, wherever a shell finds them. */
const NEVER_FIRST = new Set(['rm', 'sudo', 'curl', 'wget', 'eval', 'source', '.', 'Remove-Item', 'ssh']);

export async function fuzzLines(parser: ShellParser, count: number, seed: number): Promise<FuzzResult> {
  const random = randomFrom(seed);
  const world = worldOf(parser);
  return await run(count, async () => {
    const cmd = random(2) === 0 ? someLine(random) : changedLine(random, EVERYDAY_LINES);
    const platform = random(10) === 0 ? 'win32' : '';
    const question = questionSchema.parse(random(10) === 0 ? { argv: cmd.split(' ') } : { cmd, platform });
    const decision = await explain(question, POLICY, world);
    if (decision.effect === 'allow' && question.cmd !== undefined && platform === '') {
      const parsed = await parser.parse(cmd);
      const first = parsed.ok ? parsed.commands.map(({ words }) => words[0]?.text) : ['unreadable'];
      const wrong = first.find((name, at) =>
        name === undefined
          ? parsed.ok && (parsed.commands[at]?.words.length ?? 0) > 0
          : name === 'unreadable' || NEVER_FIRST.has(name),
      );
      if (wrong !== undefined || first.includes('unreadable')) throw new Error(`allowed although it runs ${wrong}`);
      if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\ufeff]/.test(cmd))
        throw new Error('allowed although it has letters that cannot be seen');
    }
    return { shown: JSON.stringify(question), decision };
  });
}

export async function fuzzPaths(count: number, seed: number): Promise<FuzzResult> {
  const random = randomFrom(seed);
  const world = worldOf({ parse: async () => ({ ok: false, reason: 'not asked for' }) });
  return await run(count, async () => {
    const path = somePath(random);
    const op = (['read', 'write', 'delete'] as const)[random(3)] ?? 'read';
    const decision = await explain(questionSchema.parse({ path, op }), { ...POLICY, approval: 'never' }, world);
    if (decision.effect === 'allow') {
      const stack: string[] = [];
      for (const part of (path.startsWith(ROOT) ? path.slice(ROOT.length) : path).replaceAll('\\', '/').split('/')) {
        if (part === '..' && stack.pop() === undefined) throw new Error('allowed although it leaves the root');
        if (part !== '..' && part !== '' && part !== '.') stack.push(part);
      }
      if (stack.some((part) => /^\.(?:git|env)$/i.test(part.normalize('NFKC'))))
        throw new Error('allowed although it is protected');
    }
    return { shown: `${op} ${JSON.stringify(path)}`, decision };
  });
}

async function run(count: number, one: () => Promise<{ shown: string; decision: Decision }>): Promise<FuzzResult> {
  const result: FuzzResult = { allowed: 0, asked: 0, denied: 0, failures: [] };
  for (let n = 0; n < count; n += 1) {
    try {
      const { shown, decision } = await one();
      if (decision.rule === '' || decision.reason === '') throw new Error(`no rule or reason for ${shown}`);
      result[decision.effect === 'allow' ? 'allowed' : decision.effect === 'ask' ? 'asked' : 'denied'] += 1;
    } catch (error) {
      result.failures.push(`${n}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      if (result.failures.length > 1000) break;
    }
    if (n % 1000 === 999) await new Promise((resolve) => setImmediate(resolve)); // other work, and the timers of a test
  }
  return result;
}
