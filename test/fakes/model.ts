/** A model that answers from a script: by stage, in the order of its calls. What it was asked is kept in `asked`. */
import { OpenExecError } from '../../src/core/errors.js';
import type { Usage } from '../../src/core/model/event.js';
import type { ModelBlock, ModelClient, ModelInfo, ModelRequest, ModelTurn } from '../../src/core/ports/ports.js';

export type ScriptedTurn =
  | {
      say?: string;
      tools?: { name: string; input: unknown; id?: string }[];
      stop?: ModelTurn['stop'];
      costUsd?: number | null;
      tokens?: number;
      /** In the place of `tokens`. */
      usage?: Usage;
    }
  | { fails: OpenExecError }
  /** Stays until the signal aborts, once it has said this. */
  | { hangs: true; say?: string };

export interface FakeModel extends ModelClient {
  readonly asked: ModelRequest[];
}

/**
 * `script` is keyed by `task/stage` (or `stage` for any task); each visit and turn takes the next answer, the last is repeated.
 * Keyed by the full call key without the run (`T1/1/implement/1/1`) an answer stands for that call alone.
 * `price`: USD per million tokens of any kind. `counts`: an answer costs what that makes of its tokens, not a cent.
 */
export function createFakeModel(
  script: Readonly<Record<string, readonly ScriptedTurn[]>>,
  { price, unpriced, counts }: { price?: number; unpriced?: string; counts?: boolean } = {},
): FakeModel {
  const asked: ModelRequest[] = [];
  const used = new Map<string, number>();
  const priceOf = (model: string): ModelInfo['price'] =>
    price === undefined || model === unpriced ? null : { input: price, output: price, cacheRead: 0, cacheWrite: 0 };
  const costOf = (model: string, usage: Usage): number | null => {
    if (!counts) return 0.01;
    const own = priceOf(model);
    return own && (usage.input * own.input + usage.output * own.output) / 1_000_000;
  };
  return {
    asked,
    info: (model) => ({
      id: model,
      label: 'Scripted',
      recorded: false,
      contextWindow: 100_000,
      maxOutput: 1000,
      price: priceOf(model),
    }),
    async turn(request, onText, signal) {
      signal.throwIfAborted();
      asked.push(structuredClone(request));
      const [, task, , stage] = request.key.split('/');
      const short = request.key.split('/').slice(1).join('/');
      const name = [short, `${task}/${stage}`, stage ?? '', request.key].find((candidate) => script[candidate]);
      const list = name === undefined ? undefined : script[name];
      if (!name || !list) throw new OpenExecError('recording-missing', { key: request.key });
      const n = used.get(name) ?? 0;
      used.set(name, n + 1);
      const answer = list[Math.min(n, list.length - 1)];
      if (!answer) throw new OpenExecError('recording-missing', { key: request.key });
      if ('fails' in answer) throw answer.fails;
      const say = (text: string): void => {
        for (const piece of text.match(/[^]{1,40}/g) ?? []) if (!signal.aborted) onText(piece);
      };
      if ('hangs' in answer) say(answer.say ?? '');
      signal.throwIfAborted();
      if ('hangs' in answer)
        return await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        );
      const content: ModelBlock[] = [];
      if (answer.say) {
        say(answer.say);
        content.push({ type: 'text', text: answer.say });
      }
      for (const [index, tool] of (answer.tools ?? []).entries())
        content.push({ type: 'tool-use', id: tool.id ?? `${short}.${index}`, name: tool.name, input: tool.input });
      const usage = answer.usage ?? { input: answer.tokens ?? 100, output: 10, cacheRead: 0, cacheWrite: 0 };
      return {
        content,
        stop: answer.stop ?? (answer.tools?.length ? 'tool-use' : 'end'),
        model: request.model,
        costUsd: answer.costUsd === undefined ? costOf(request.model, usage) : answer.costUsd,
        usage,
      };
    },
  };
}

/** The usual stage: one edit, then the result. */
export const edits = (path: string, search: string, replace: string): ScriptedTurn[] => [
  {
    tools: [
      { name: 'apply_patch', input: { patch: JSON.stringify([{ path, search, replace }]) } },
      { name: 'submit_result', input: { summary: `changed ${path}` } },
    ],
  },
];
export const submits = (summary = 'done'): ScriptedTurn[] => [
  { tools: [{ name: 'submit_result', input: { summary } }] },
];
