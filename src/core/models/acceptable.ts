/**
 * A conversation as a service takes it. Models give answers that the service refuses when they are sent back: nothing at
 * all, a text of blanks, an id twice, arguments that are no object. What is recorded stays as it came; what is sent is
 * put right here, for every provider, from the messages alone. What is made of a message depends on it and on those
 * before it, so that a head that was sent once is sent again as it was: the provider's cache finds it.
 *
 * What comes out: roles take turns, the first and the last message are the user's; no message is empty and no text blank;
 * every tool call has an id of its own and its result in the next message, before any text; no result is without its
 * call; ids and names are short, of a-z, A-Z, 0-9, _ and -; arguments are objects; no lone surrogates.
 */
import type { ModelBlock, ModelMessage } from '../ports/model.js';

type Result = Extract<ModelBlock, { type: 'tool-result' }>;
type Text = Extract<ModelBlock, { type: 'text' }>;
/** A call that waits for its result: the id the model gave it, and the one that is sent. */
interface Waiting {
  own: string;
  sent: string;
}

const GO_ON = 'Go on.';
const NO_RESULT = 'Not done.';
/** In the place of a result of nothing, which is refused where it is an error. */
const EMPTY = '(empty)';

/** The shortest limits among the services: ids at 40 characters, names at 64. */
const fit = /^[a-zA-Z0-9_-]{1,40}$/;

export const acceptable = (said: {
  system: string;
  messages: readonly ModelMessage[];
}): { system: string; messages: ModelMessage[] } => ({
  system: whole(said.system),
  messages: inTurns(said.messages),
});

function inTurns(messages: readonly ModelMessage[]): ModelMessage[] {
  const out: ModelMessage[] = [];
  const used = new Set<string>();
  let waiting: Waiting[] = [];
  const hear = (blocks: readonly ModelBlock[]): void => {
    const { results, texts } = heardBy(blocks, waiting);
    waiting = [];
    const last = out.at(-1);
    if (last?.role === 'user') last.content.push(...texts);
    else {
      const content = [...results, ...texts];
      out.push({ role: 'user', content: content.length > 0 ? content : [{ type: 'text', text: GO_ON }] });
    }
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === 'user') {
      hear(message.content);
      continue;
    }
    const said = saidBy(message.content, index, used);
    if (said.content.length === 0) continue;
    if (out.at(-1)?.role !== 'user') hear([]);
    out.push({ role: 'assistant', content: said.content });
    waiting = said.waiting;
  }
  if (out.at(-1)?.role !== 'user') hear([]);
  return out;
}

const result = (id: string, content: string, isError: boolean): Result => ({
  type: 'tool-result',
  id,
  content,
  isError,
});

/** Blocks of the provider's own go back as they came, but at the end: there they are refused, and say nothing. */
function saidBy(
  blocks: readonly ModelBlock[],
  index: number,
  used: Set<string>,
): { content: ModelBlock[]; waiting: Waiting[] } {
  const content: ModelBlock[] = [];
  const waiting: Waiting[] = [];
  for (const [at, block] of blocks.entries())
    if (block.type === 'tool-use') {
      const sent = freshId(block.id, `call_${index}_${at}`, used);
      waiting.push({ own: block.id, sent });
      content.push({
        type: 'tool-use',
        id: sent,
        name: fitting(block.name) || 'unnamed',
        input: asObject(block.input),
      });
    } else if (block.type === 'text') content.push(...textOf(block.text));
    else if (block.type === 'opaque') content.push(block);
  while (content.at(-1)?.type === 'opaque') content.pop();
  return { content, waiting };
}

/** Results in the order of the calls; one whose call is not the last message's is told as text. */
function heardBy(blocks: readonly ModelBlock[], waiting: readonly Waiting[]): { results: Result[]; texts: Text[] } {
  const given = blocks.filter((block) => block.type === 'tool-result');
  const taken = new Set<Result>();
  const results = waiting.map(({ own, sent }) => {
    const found = given.find((one) => one.id === own && !taken.has(one));
    if (!found) return result(sent, NO_RESULT, true);
    taken.add(found);
    return result(sent, notBlank(found.content), found.isError);
  });
  const texts = blocks.flatMap((block): Text[] => {
    if (block.type === 'text') return textOf(block.text);
    return block.type === 'tool-result' && !taken.has(block) ? textOf(block.content) : [];
  });
  return { results, texts };
}

/** Control characters too: services disagree on what is white space. */
const isBlank = (text: string): boolean => /^[\s\p{Cc}\p{Cf}]*$/u.test(text);
const whole = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');
const notBlank = (text: string): string => (isBlank(text) ? EMPTY : whole(text));
const textOf = (text: string): Text[] => (isBlank(text) ? [] : [{ type: 'text', text: whole(text) }]);
const fitting = (text: string): string => text.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);

/** The id itself where it fits and is new. */
function freshId(id: string, otherwise: string, used: Set<string>): string {
  let sent = fit.test(id) && !used.has(id) ? id : otherwise;
  for (let n = 2; used.has(sent); n++) sent = `${otherwise}_${n}`;
  used.add(sent);
  return sent;
}

const asObject = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? wholeIn(input) : {};

function wholeIn(value: unknown): unknown {
  if (typeof value === 'string') return whole(value);
  if (Array.isArray(value)) return value.map(wholeIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [whole(key), wholeIn(one)]));
}
