/**
 * A model that answers from a recording, and the recorder that makes one. It finds its answer by task, stage and
 * turn, and by what happened to its last one: accepted, rejected, or failed. So it holds also when the person
 * decides otherwise than in the recording.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { OpenExecError } from '../../core/errors.js';
import type {
  ModelBlock,
  ModelClient,
  ModelInfo,
  ModelMessage,
  ModelRequest,
  ModelTurn,
} from '../../core/ports/ports.js';
import type { Cassette, Entry } from './cassette.js';

export const RECORDED_MODEL = 'recorded';

const PIECE = 24; // characters of text at a time, so that a recorded answer streams as a real one does
const CHARACTERS_PER_TOKEN = 4;

export interface RecordedOptions {
  /** Multiplies recorded latencies; 0 answers at once. */
  speed?: number;
}

export function createRecordedModel(cassette: Cassette, options: RecordedOptions = {}): ModelClient {
  const speed = options.speed ?? 1;
  const info: ModelInfo = {
    id: RECORDED_MODEL,
    label: cassette.label,
    recorded: true,
    contextWindow: 200_000,
    maxOutput: 16_000,
    price: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, // playing a recording costs nothing
  };
  return {
    info: () => info,
    async turn(request, onText, signal) {
      signal.throwIfAborted();
      const entry = findEntry(cassette.entries, request);
      if (!entry) throw new OpenExecError('recording-missing', { key: request.key });
      const pieces = entry.text.match(new RegExp(`[^]{1,${PIECE}}`, 'g')) ?? [];
      const pause = (entry.latencyMs * speed) / (pieces.length + 1);
      for (const piece of pieces) {
        await sleep(pause, signal);
        onText(piece);
      }
      await sleep(pause, signal);
      return turnOf(entry, request);
    },
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  signal.throwIfAborted();
}

/** `<plan>/generate/<n>`; keys of runs have six parts or more. */
const isPlanning = (request: ModelRequest): boolean => request.key.split('/').length === 3;

const turnNumber = (request: ModelRequest): number =>
  request.messages.filter((message) => message.role === 'assistant').length + 1;

function turnOf(entry: Entry, request: ModelRequest): ModelTurn {
  const calls = entry.toolCalls.map(
    ({ name, input }, index): ModelBlock => ({
      type: 'tool-use',
      id: `recorded-${turnNumber(request)}-${index + 1}`,
      name: request.forceTool ?? name,
      input,
    }),
  );
  const content: ModelBlock[] = [...(entry.text === '' ? [] : [{ type: 'text' as const, text: entry.text }]), ...calls];
  const estimate = {
    input: Math.ceil(
      (request.system.length + JSON.stringify(request.messages).length + JSON.stringify(request.tools).length) /
        CHARACTERS_PER_TOKEN,
    ),
    output: Math.ceil(JSON.stringify(content).length / CHARACTERS_PER_TOKEN),
    cacheRead: 0,
    cacheWrite: 0,
  };
  return { content, stop: entry.stop, usage: entry.usage ?? estimate, model: RECORDED_MODEL, costUsd: 0 };
}

function findEntry(entries: readonly Entry[], request: ModelRequest): Entry | undefined {
  const turn = turnNumber(request);
  if (isPlanning(request)) {
    const plans = entries.filter((entry) => entry.key.startsWith('plan/'));
    return plans.find((entry) => entry.key === `plan/generate/${turn}`) ?? plans.at(-1);
  }
  const [, task = '', attempt = '', stage = '', visit = ''] = request.key.split('/');
  const here = [task, attempt, stage, visit, String(turn)];
  const at = (when: Entry['when']): Entry[] =>
    entries.filter((entry) => entry.when === when && matches(entry.key, here));
  const otherwise = at('otherwise')[0];
  const history = request.messages.filter((message) => message.role === 'user').map(verdictOf);
  const last = history.at(-1);
  if (last === 'rejected') {
    const alternatives = [...at('rejected'), ...(otherwise ? [otherwise] : [])];
    const times = history.filter((verdict) => verdict === 'rejected').length;
    return alternatives[(times - 1) % alternatives.length];
  }
  // Once something went wrong in this conversation, the recorded sequence no longer says what comes next.
  if (history.includes('failed') || history.includes('rejected')) return otherwise;
  return at(undefined)[0] ?? otherwise;
}

const matches = (pattern: string, here: readonly string[]): boolean => {
  const parts = pattern.split('/');
  return parts.length === here.length && parts.every((part, index) => part === '*' || part === here[index]);
};

/** What became of the answer before: told by the engine in its tool results. */
function verdictOf(message: ModelMessage): 'rejected' | 'failed' | 'fine' {
  const results = message.content.filter((block) => block.type === 'tool-result');
  if (results.some((result) => /"status":\s*"(rejected|partly)"/.test(result.content))) return 'rejected';
  return results.some((result) => result.isError) ? 'failed' : 'fine';
}

/** Passes every turn on to `client` and gives what came back to `sink`, as an entry of a cassette. */
export function createRecorder(client: ModelClient, sink: (entry: Entry) => void): ModelClient {
  return {
    info: (model) => client.info(model),
    async turn(request, onText, signal) {
      const started = performance.now();
      const turn = await client.turn(request, onText, signal);
      const rejected =
        request.messages
          .filter((message) => message.role === 'user')
          .map(verdictOf)
          .at(-1) === 'rejected';
      sink({
        key: recordingKey(request),
        ...(rejected && { when: 'rejected' as const }),
        text: turn.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
        toolCalls: turn.content.flatMap((block) =>
          block.type === 'tool-use' ? [{ name: block.name, input: block.input }] : [],
        ),
        stop: turn.stop,
        usage: turn.usage,
        latencyMs: Math.round(performance.now() - started),
      });
      return turn;
    },
  };
}

function recordingKey(request: ModelRequest): string {
  if (isPlanning(request)) return `plan/generate/${turnNumber(request)}`;
  const [, task = '', attempt = '', stage = '', visit = ''] = request.key.split('/');
  return [task, attempt, stage, visit, turnNumber(request)].join('/');
}
