/**
 * Models whose price is known, by provider, as data; any other id is taken as it is, with its price unknown. USD per
 * million tokens; writing to the cache for five minutes. Of a model whose price depends on the length of the prompt
 * nothing is said: a limit in money must never count less than what is billed.
 */
export interface KnownModel {
  label: string;
  price: { input: number; output: number; cacheRead: number; cacheWrite: number };
}

export interface Provider {
  /** Newest first. */
  models: Readonly<Record<string, KnownModel>>;
  /** Short names that people type. */
  aliases: Readonly<Record<string, string>>;
  /** Offered by name; any other id can be typed. */
  offered: readonly string[];
  /** Tokens, of every model in `models`. */
  contextWindow: number;
  maxOutput: number;
  /** The longest answer to ask a model for that is not in `models`. */
  maxOutputUnknown: number;
}

/** As published in November 2026. */
const anthropic: Provider = {
  models: {
    'claude-opus-5-5': { label: 'Claude Opus 5.5', price: { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5 } },
    'claude-sonnet-5-5': {
      label: 'Claude Sonnet 5.5',
      price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 },
    },
    'claude-opus-5': { label: 'Claude Opus 5', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    'claude-sonnet-5': { label: 'Claude Sonnet 5', price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 } },
    'claude-opus-4-8': { label: 'Claude Opus 4.8', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    'claude-opus-4-7': { label: 'Claude Opus 4.7', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    'claude-opus-4-6': { label: 'Claude Opus 4.6', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    'claude-sonnet-4-6': {
      label: 'Claude Sonnet 4.6',
      price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    },
    'claude-opus-4-5': { label: 'Claude Opus 4.5', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    'claude-sonnet-4-5': {
      label: 'Claude Sonnet 4.5',
      price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    },
    'claude-haiku-4-5': { label: 'Claude Haiku 4.5', price: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 } },
  },
  aliases: { opus: 'claude-opus-5-5', sonnet: 'claude-sonnet-5-5', haiku: 'claude-haiku-4-5' },
  offered: ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-4-5'],
  contextWindow: 200_000,
  maxOutput: 32_000,
  maxOutputUnknown: 8192,
};

export const catalog = { anthropic } as const satisfies Readonly<Record<string, Provider>>;
