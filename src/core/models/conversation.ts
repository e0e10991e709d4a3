/**
 * What is said to a model. A class, so that nobody else can make one: every text of ours has passed the redaction sink
 * before it is in here, once. What the model said goes back to it as it came: its provider may have signed it.
 */
import type { ModelBlock, ModelMessage } from '../ports/ports.js';

export type ToolResult = Omit<Extract<ModelBlock, { type: 'tool-result' }>, 'type'>;

export class Conversation {
  readonly #redact: (text: string) => string;
  readonly #messages: ModelMessage[] = [];
  readonly system: string;

  constructor(redact: (text: string) => string, system: string) {
    this.#redact = redact;
    this.system = redact(system);
  }

  get messages(): readonly ModelMessage[] {
    return this.#messages;
  }

  say(text: string): void {
    this.#messages.push({ role: 'user', content: [{ type: 'text', text: this.#redact(text) }] });
  }

  /** Providers refuse a turn without content: `instead` stands for one. */
  heard(content: readonly ModelBlock[], instead?: string): void {
    const empty = content.length === 0 && instead !== undefined;
    this.#messages.push({ role: 'assistant', content: empty ? [{ type: 'text', text: instead }] : [...content] });
  }

  /** Every tool call has to be answered, or the provider refuses the conversation. */
  answer(results: readonly ToolResult[]): void {
    this.#messages.push({
      role: 'user',
      content: results.map((result) => ({
        type: 'tool-result',
        ...result,
        content: this.#redact(result.content),
      })),
    });
  }
}
