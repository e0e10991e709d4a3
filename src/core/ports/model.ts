/** A model as the engine sees it, whoever provides it. */
import type { Usage } from '../model/event.js';

export type ModelBlock =
  | { type: 'text'; text: string }
  | { type: 'tool-use'; id: string; name: string; input: unknown }
  | { type: 'tool-result'; id: string; content: string; isError: boolean }
  /** Opaque blocks of the provider that must be sent back as they came (thinking and its signature). */
  | { type: 'opaque'; value: unknown };

export interface ModelMessage {
  role: 'user' | 'assistant';
  content: ModelBlock[];
}
export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of the input. */
  inputSchema: Readonly<Record<string, unknown>>;
}
export interface ModelRequest {
  /** Derived call key; what a recording is looked up by. Never sent to a provider. */
  key: string;
  model: string;
  system: string;
  messages: readonly ModelMessage[];
  tools: readonly ModelTool[];
  /** The model must answer by calling this tool. */
  forceTool?: string;
  maxTokens: number;
}
export interface ModelTurn {
  content: ModelBlock[];
  /** `max-tokens`: cut off; a tool call in it is not executed. */
  stop: 'end' | 'tool-use' | 'max-tokens' | 'refused';
  /** With that of tries before it that broke off. */
  usage: Usage;
  /** As the provider names it. */
  model: string;
  /** null = price unknown. */
  costUsd: number | null;
}
export interface ModelInfo {
  id: string;
  label: string;
  recorded: boolean;
  /** Tokens; null = unknown. */
  contextWindow: number | null;
  maxOutput: number;
  /** USD per million tokens; null = unknown. */
  price: { input: number; output: number; cacheRead: number; cacheWrite: number } | null;
}

export interface ModelClient {
  info(model: string): ModelInfo;
  /**
   * One streamed turn. `onText` gets text as it comes. Retries with back-off are inside; what comes out is final:
   * OpenExecError `model-…` or `recording-missing`, with what it had `used` where that is known, or the signal's reason.
   */
  turn(request: ModelRequest, onText: (text: string) => void, signal: AbortSignal): Promise<ModelTurn>;
}
