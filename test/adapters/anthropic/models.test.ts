import { describe, expect, it } from 'vitest';
import { anthropicModel, costOf } from '../../../src/adapters/anthropic/models.js';
import { catalog } from '../../../src/core/models/catalog.js';

describe('models of Anthropic', () => {
  it('are offered only with a price, so that a limit in money holds', () => {
    for (const id of catalog.anthropic.offered) expect(anthropicModel(id).price, id).not.toBeNull();
    for (const short of ['opus', 'sonnet', 'haiku'])
      expect(anthropicModel(short)).toMatchObject({
        id: expect.stringContaining(`claude-${short}-`) as string,
        price: { input: expect.any(Number) as number },
      });
  });

  it('have the price of their family under a dated id, and none where nobody knows it', () => {
    expect(anthropicModel('claude-sonnet-4-5-20250929')).toMatchObject({
      label: 'Claude Sonnet 4.5',
      price: { input: 3, output: 15 },
    });
    expect(anthropicModel('my-model')).toMatchObject({ id: 'my-model', label: 'my-model', price: null });
    expect(costOf(anthropicModel('my-model'), { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 })).toBeNull();
  });

  it('cost more to write to the cache than to send, and less to read from it', () => {
    for (const [id, { price }] of Object.entries(catalog.anthropic.models)) {
      expect(price.cacheWrite, id).toBeCloseTo(price.input * 1.25);
      expect(price.cacheRead, id).toBeLessThan(price.input);
    }
    expect(
      costOf(anthropicModel('claude-sonnet-5-5'), {
        input: 1_000_000,
        output: 100_000,
        cacheRead: 1_000_000,
        cacheWrite: 0,
      }),
    ).toBeCloseTo(3.1);
  });
});
