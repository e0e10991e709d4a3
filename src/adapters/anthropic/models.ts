/** A model of the Anthropic API by its id, or by the short name people type. */
import { anthropicModels } from '../../core/model/anthropic-models.js';
import type { ModelInfo } from '../../core/ports/ports.js';

const aliases: Readonly<Record<string, string>> = {
  opus: 'claude-opus-5-5',
  sonnet: 'claude-sonnet-5-5',
  haiku: 'claude-haiku-4-5',
};

export function anthropicModel(id: string): ModelInfo {
  const full = aliases[id] ?? id;
  // A dated id (…-20260101) has the price of its family.
  const family = anthropicModels[full] ?? anthropicModels[full.replace(/-\d{8}$/, '')];
  return {
    id: full,
    recorded: false,
    ...(family
      ? { ...family, contextWindow: 200_000, maxOutput: 32_000 }
      : { label: full, contextWindow: null, maxOutput: 8192, price: null }),
  };
}

export function costOf(
  info: ModelInfo,
  usage: { input: number; output: number; cacheRead: number; cacheWrite: number },
): number | null {
  const { price } = info;
  if (!price) return null;
  return (
    (usage.input * price.input +
      usage.output * price.output +
      usage.cacheRead * price.cacheRead +
      usage.cacheWrite * price.cacheWrite) /
    1_000_000
  );
}
