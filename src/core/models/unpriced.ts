import type { ModelInfo } from '../ports/ports.js';

export interface Unpriced {
  model: string;
  usd: number;
  tokens: number | null;
}

/** A model in use whose price nobody knows here while money is limited: only a limit in tokens can stop it. */
export function unpricedOf(
  models: readonly ModelInfo[],
  limit: { usd: number | null; tokens: number | null },
): Unpriced | undefined {
  const unknown = models.find((info) => info.price === null && !info.recorded);
  return unknown && limit.usd !== null ? { model: unknown.label, usd: limit.usd, tokens: limit.tokens } : undefined;
}
