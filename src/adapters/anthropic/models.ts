/** Models of the Anthropic API that are offered by name; any other id is taken as it is, with its price unknown. Prices in USD per million tokens. */
import type { ModelInfo } from '../../core/ports.js';

const known: Readonly<Record<string, Omit<ModelInfo, 'id' | 'recorded'>>> = {
  'claude-opus-4-6': { label: 'Claude Opus 4.6', contextWindow: 200_000, maxOutput: 32_000, price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
  'claude-sonnet-4-6': { label: 'Claude Sonnet 4.6', contextWindow: 200_000, maxOutput: 32_000, price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 } },
  'claude-haiku-4-5': { label: 'Claude Haiku 4.5', contextWindow: 200_000, maxOutput: 32_000, price: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 } },
};
/** Short names as people type them. */
const aliases: Readonly<Record<string, string>> = { opus: 'claude-opus-4-6', sonnet: 'claude-sonnet-4-6', haiku: 'claude-haiku-4-5' };

export const anthropicModels: readonly string[] = Object.keys(known);

export function anthropicModel(id: string): ModelInfo {
  const full = aliases[id] ?? id;
  // A dated id (…-20260101) has the price of its family.
  const family = known[full] ?? known[full.replace(/-\d{8}$/, '')];
  return { id: full, recorded: false, ...(family ?? { label: full, contextWindow: null, maxOutput: 8192, price: null }) };
}

export function costOf(info: ModelInfo, usage: { input: number; output: number; cacheRead: number; cacheWrite: number }): number | null {
  const { price } = info;
  if (!price) return null;
  return (usage.input * price.input + usage.output * price.output + usage.cacheRead * price.cacheRead + usage.cacheWrite * price.cacheWrite) / 1_000_000;
}
