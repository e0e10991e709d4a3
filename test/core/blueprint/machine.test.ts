/** The counting of design §5 and the originals' cases 118–129, on the machine alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, type MachineBlueprint } from '../../../src/core/blueprint/machine.js';
import type { StageOutcome } from '../../../src/core/model/status.js';

const stage = (onSuccess: string, onFailure?: string, maxRetries = 3) => ({ onSuccess, onFailure, maxRetries });

/** Feeds outcomes by stage name until the machine stops entering; gives the path and where it ended. */
function drive(machine: Machine, outcome: (stage: string, visit: number) => StageOutcome, limit = 200): string[] {
  const path: string[] = [];
  for (let i = 0; i < limit; i++) {
    const move = machine.move();
    if (move.type !== 'enter') return [...path, move.type === 'attention' ? `${move.type}:${move.code}` : move.type];
    const status = outcome(move.stage, move.visit);
    path.push(`${move.stage}.${move.visit}`);
    machine.finish({
      key: `${move.stage}/${move.visit}`,
      stage: move.stage,
      visit: move.visit,
      status,
      evidence: false,
    });
  }
  return [...path, 'endless'];
}

const loop: MachineBlueprint = {
  start: 'lint',
  stages: { lint: stage('test', 'fix', 2), fix: stage('lint'), test: stage('done') },
};

describe('the stage machine', () => {
  it('runs each stage of a chain once', () =>
    expect(
      drive(createMachine({ start: 'a', stages: { a: stage('b'), b: stage('done') } }, 10), () => 'succeeded'),
    ).toEqual(['a.1', 'b.1', 'done']));

  it('really loops through the healing stage', () =>
    expect(
      drive(createMachine(loop, 10), (name, visit) => (name === 'lint' && visit === 1 ? 'failed' : 'succeeded')),
    ).toEqual(['lint.1', 'fix.1', 'lint.2', 'test.1', 'done']));

  it('asks after max_retries + 1 failures of a stage', () =>
    expect(drive(createMachine(loop, 10), (name) => (name === 'lint' ? 'failed' : 'succeeded'))).toEqual([
      'lint.1',
      'fix.1',
      'lint.2',
      'fix.2',
      'lint.3',
      'attention:retries-exhausted',
    ]));

  it('counts failures since the last success, not in all', () => {
    const blueprint = {
      start: 'lint',
      stages: { lint: stage('test', 'fix', 1), fix: stage('lint'), test: stage('done', 'lint', 5) },
    };
    const path = drive(createMachine(blueprint, 100), (name, visit) =>
      name === 'lint'
        ? visit % 2 === 1
          ? 'failed'
          : 'succeeded'
        : name === 'test' && visit < 4
          ? 'failed'
          : 'succeeded',
    );
    expect(path.at(-1)).toBe('done');
    expect(path.filter((one) => one.startsWith('lint'))).toHaveLength(8);
  });

  it('fails the attempt at the first failure of a stage without on_failure, whatever max_retries', () =>
    expect(
      drive(createMachine({ start: 'a', stages: { a: stage('done', undefined, 5) } }, 10), () => 'failed'),
    ).toEqual(['a.1', 'attempt-failed']));

  it('asks when an attempt has more failures in all than the cap', () => {
    const blueprint = { start: 'a', stages: { a: stage('b', 'b', 9), b: stage('a', 'a', 99) } };
    const path = drive(createMachine(blueprint, 10), () => 'failed');
    expect(path.at(-1)).toBe('attention:total-retries-exhausted');
    expect(path).toHaveLength(12);
  });

  it('advances over a skipped stage, and a skip is no failure', () =>
    expect(drive(createMachine(loop, 10), (name) => (name === 'lint' ? 'skipped' : 'succeeded'))).toEqual([
      'lint.1',
      'test.1',
      'done',
    ]));

  it('after "continue" the failed stage decides again; after "retry" its healing stage gets new tries', () => {
    for (const [option, next] of [
      ['continue', 'lint'],
      ['retry', 'fix'],
    ] as const) {
      const machine = createMachine(loop, 10);
      drive(machine, (name) => (name === 'lint' ? 'failed' : 'succeeded'));
      machine.answer(option);
      expect(machine.move()).toMatchObject({ type: 'enter', stage: next });
    }
  });

  it('done carries evidence only when a check exited 0', () => {
    const machine = createMachine({ start: 'a', stages: { a: stage('done') } }, 10);
    machine.finish({ key: 'a/1', stage: 'a', visit: 1, status: 'succeeded', evidence: true });
    expect(machine.move()).toEqual({ type: 'done', evidence: true });
  });

  it('always ends, whatever the outcomes, on any blueprint whose success edges end', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ fail: fc.option(fc.nat(7), { nil: undefined }), retries: fc.nat(4) }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.infiniteStream(fc.boolean()),
        (shape, luck) => {
          const name = (index: number) => `s${index}`;
          const stages = Object.fromEntries(
            shape.map((one, index) => [
              name(index),
              stage(
                index + 1 < shape.length ? name(index + 1) : 'done',
                one.fail === undefined ? undefined : name(one.fail % shape.length),
                one.retries,
              ),
            ]),
          );
          const path = drive(
            createMachine({ start: 's0', stages }, 10),
            () => (luck.next().value ? 'succeeded' : 'failed'),
            5000,
          );
          expect(path.at(-1)).not.toBe('endless');
        },
      ),
    ));
});
