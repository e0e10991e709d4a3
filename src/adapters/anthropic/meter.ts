/**
 * What a try has used so far, from what the stream tells: a try that breaks off is paid for all the same. The input is told at
 * its beginning, the output at its end; until then it is estimated from what has come. Nothing until the provider begins.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { Usage } from '../../core/model/event.js';
import { estimateTokens } from '../../core/models/tokens.js';

export interface Meter {
  heard(event: Anthropic.MessageStreamEvent): void;
  used(): Usage;
}

export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export const sumOf = (a: Usage, b: Usage): Usage => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
});

export const usedBy = (usage: Usage, costUsd: number | null): { usd: number | null; tokens: number } => {
  const tokens = usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
  return { usd: tokens === 0 ? 0 : costUsd, tokens };
};

export function createMeter(): Meter {
  let begun = noUsage;
  let came = '';
  return {
    heard(event) {
      if (event.type === 'message_start') {
        const { usage } = event.message;
        begun = {
          input: usage.input_tokens,
          output: usage.output_tokens,
          cacheRead: usage.cache_read_input_tokens ?? 0,
          cacheWrite: usage.cache_creation_input_tokens ?? 0,
        };
      } else if (event.type === 'message_delta') begun = { ...begun, output: event.usage.output_tokens };
      else if (event.type === 'content_block_delta') came += pieceOf(event.delta);
    },
    used: () => ({ ...begun, output: Math.max(begun.output, came === '' ? 0 : estimateTokens(came)) }),
  };
}

function pieceOf(delta: Anthropic.RawContentBlockDelta): string {
  if (delta.type === 'text_delta') return delta.text;
  if (delta.type === 'input_json_delta') return delta.partial_json;
  return delta.type === 'thinking_delta' ? delta.thinking : '';
}
