import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../src/core/errors.js';
import type { OpenExec } from '../../src/core/facade.js';
import type { RunRecord } from '../../src/core/model/run.js';
import { chooseRun } from '../../src/terminal/choose.js';

/** A façade with those runs, of which the list holds the newest `listed`. */
function facadeOf(ids: readonly string[], listed: number) {
  const asked: string[] = [];
  const record = (id: string) => ({ id }) as RunRecord;
  const request = (method: string, params: { run?: string }) => {
    asked.push(method);
    if (method === 'run/list') return Promise.resolve(ids.slice(0, listed).map(record));
    return params.run !== undefined && ids.includes(params.run)
      ? Promise.resolve(record(params.run))
      : Promise.reject(new OpenExecError('run-not-found', { run: params.run ?? '' }));
  };
  return { openexec: { request } as unknown as OpenExec, asked };
}
const choose = (openexec: OpenExec, name: string) => chooseRun(openexec, name, () => true, 'none');

describe('a run named in a terminal', () => {
  it('is found by its whole id however old it is, without the list', async () => {
    const { openexec, asked } = facadeOf(['run_22', 'run_21', 'run_1'], 2);
    expect((await choose(openexec, 'run_1')).id).toBe('run_1');
    expect(asked).toEqual(['run/get']);
  });
  it('is found by a beginning of its id that is one run’s alone', async () => {
    const { openexec } = facadeOf(['run_22', 'run_11'], 2);
    expect((await choose(openexec, 'run_1')).id).toBe('run_11');
    await expect(choose(openexec, 'run_')).rejects.toMatchObject({ code: 'usage' });
    await expect(choose(openexec, 'run_9')).rejects.toMatchObject({ code: 'run-not-found' });
  });
});
