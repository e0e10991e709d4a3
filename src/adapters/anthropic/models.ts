/** A model of the Anthropic API by its id, or by the short name people type. */
import { catalog } from '../../core/models/catalog.js';
import type { ModelInfo } from '../../core/ports/ports.js';

const { models, aliases, contextWindow, maxOutput, maxOutputUnknown } = catalog.anthropic;

export function anthropicModel(id: string): ModelInfo {
  const full = aliases[id] ?? id;
  // A dated id (…-20260101) has the price of its family.
  const family = models[full] ?? models[full.replace(/-\d{8}$/, '')];
  return {
    id: full,
    recorded: false,
    ...(family
      ? { ...family, contextWindow, maxOutput }
      : { label: full, contextWindow: null, maxOutput: maxOutputUnknown, price: null }),
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
