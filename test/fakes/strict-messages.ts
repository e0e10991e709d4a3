/** What the Messages API demands of a conversation: the sentence it refuses one with, as its 400 does. */

interface AnyBlock {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: unknown;
  is_error?: boolean;
}
type Message = { role: string; content: string | AnyBlock[] };

export function refusalOf(text: string): string | undefined {
  const body = JSON.parse(text) as { messages?: Message[]; system?: unknown };
  if (/\p{Surrogate}/u.test(strings(body).join('\n'))) return 'The request body is not valid JSON: no low surrogate';
  const messages = body.messages ?? [];
  if (messages.length === 0) return 'messages: at least one message is required';
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
  if (messages.at(-1)?.role !== 'user') return 'messages: the conversation must end with a user message';
  const ids = new Set<string>();
  let asked: string[] = [];
  for (const [index, message] of messages.entries()) {
    const blocks =
      typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : (message.content ?? []);
    const at = `messages.${index}`;
    if (blocks.length === 0) return `${at}: all messages must have non-empty content`;
    const problem = message.role === 'user' ? heard(blocks, asked) : said(blocks, ids);
    if (problem) return `${at}: ${problem}`;
    asked =
      message.role === 'user' ? [] : blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id ?? ''] : []));
  }
  return undefined;
}

function heard(blocks: readonly AnyBlock[], asked: readonly string[]): string | undefined {
  const results = blocks.filter((block) => block.type === 'tool_result');
  const given = results.map((block) => block.tool_use_id ?? '');
  if (new Set(given).size < given.length) return 'each tool_use must have a single result';
  const lone = given.find((id) => !asked.includes(id));
  if (lone !== undefined) return `unexpected tool_use_id found in tool_result blocks: ${lone}`;
  const missing = asked.find((id) => !given.includes(id));
  if (missing !== undefined) return `tool_use ids were found without tool_result blocks immediately after: ${missing}`;
  if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result'))
    return 'tool_result blocks must come before text';
  if (results.some((block) => block.is_error && block.content === ''))
    return 'content cannot be empty if is_error is true';
  return texts(blocks);
}

function said(blocks: readonly AnyBlock[], ids: Set<string>): string | undefined {
  for (const block of blocks) {
    if (block.type === 'tool_result') return 'tool_result blocks can only be in user messages';
    if (block.type !== 'tool_use') continue;
    if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? '')) return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
    if (ids.has(block.id ?? '')) return 'tool_use ids must be unique';
    ids.add(block.id ?? '');
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(block.name ?? '')) return 'tool_use.name: String should match pattern';
    if (typeof block.input !== 'object' || block.input === null || Array.isArray(block.input))
      return 'tool_use.input: Input should be a valid dictionary';
  }
  if (/thinking/.test(blocks.at(-1)?.type ?? '')) return 'the final block in an assistant message cannot be thinking';
  return texts(blocks);
}

const texts = (blocks: readonly AnyBlock[]): string | undefined =>
  blocks.some((block) => block.type === 'text' && !/[^\s\p{Cc}]/u.test(block.text ?? ''))
    ? 'text content blocks must contain non-whitespace text'
    : undefined;

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...strings(one)]);
}
