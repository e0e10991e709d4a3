/** What every CommandRunner keeps. The commands are ones a fake can be told the answer of: `answer` does that, and is nothing for a real one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Root } from '../../src/core/model/primitives.js';
import type { CommandRequest, CommandRunner } from '../../src/core/ports/ports.js';
import type { FakeAnswer } from '../fakes/command-runner.js';
import { codeOf } from './workspace.js';
import { OpenExecError } from '../../src/core/errors.js';

export interface RunnerUnderTest {
  runner: CommandRunner;
  root: Root;
  answer(command: string, answer: FakeAnswer): void;
  dispose(): Promise<void>;
}

export function commandRunnerContract(name: string, make: () => Promise<RunnerUnderTest>): void {
  describe(`command runner: ${name}`, () => {
    let subject: RunnerUnderTest;
    const signal = new AbortController().signal;
    beforeEach(async () => void (subject = await make()));
    afterEach(() => subject.dispose());
    const request = (over: Partial<CommandRequest>): CommandRequest => ({
      root: subject.root,
      cwd: '',
      timeoutMs: 10_000,
      sandbox: 'workspace-write',
      network: false,
      ...over,
    });

    it('gives the exit code and the output', async () => {
      subject.answer('echo out; exit 3', { exitCode: 3, output: 'out\n' });
      const told: string[] = [];
      const outcome = await subject.runner.run(
        request({ script: 'echo out; exit 3' }),
        (text) => told.push(text),
        signal,
      );
      expect(outcome).toMatchObject({
        exitCode: 3,
        timedOut: false,
        cancelled: false,
        bytes: 4,
        head: 'out\n',
        tail: '',
      });
      expect(told.join('')).toBe('out\n');
    });

    it('says what stands between commands and the machine, as the outcomes do', async () => {
      subject.answer('true', {});
      const outcome = await subject.runner.run(request({ argv: ['true'] }), () => undefined, signal);
      const isolation = await subject.runner.isolation();
      expect(isolation).toMatch(/^\w+$/);
      if (isolation === 'none') expect(outcome.sandboxedBy).toBe('none');
    });

    it('says which program a bare name stands for', async () => {
      expect((await subject.runner.locate(subject.root, 'sh'))?.path).toMatch(/^\/.*\/sh$/);
      expect(await subject.runner.locate(subject.root, 'no-such-program')).toBeUndefined();
      expect(await subject.runner.locate(subject.root, './sh')).toBeUndefined();
    });

    it('passes arguments as they are', async () => {
      const argv = ['printf', '%s|', '$HOME', 'a b', ';', '*'];
      subject.answer(argv.join(' '), { output: '$HOME|a b|;|*|' });
      expect((await subject.runner.run(request({ argv }), () => undefined, signal)).head).toBe('$HOME|a b|;|*|');
    });

    it('ends what takes too long, as an outcome', async () => {
      subject.answer('sleep 60', { hangs: true });
      const outcome = await subject.runner.run(
        request({ argv: ['sleep', '60'], timeoutMs: 100 }),
        () => undefined,
        signal,
      );
      expect(outcome).toMatchObject({ exitCode: null, timedOut: true, cancelled: false });
    });

    it('gives cancelled within a second of an abort, and at once when it was aborted before', async () => {
      subject.answer('sleep 60', { hangs: true });
      const controller = new AbortController();
      const running = subject.runner.run(request({ argv: ['sleep', '60'] }), () => undefined, controller.signal);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const start = performance.now();
      controller.abort();
      expect(await running).toMatchObject({ exitCode: null, timedOut: false, cancelled: true });
      expect(performance.now() - start).toBeLessThan(1000);
      expect(
        await subject.runner.run(request({ argv: ['sleep', '60'] }), () => undefined, AbortSignal.abort()),
      ).toMatchObject({ cancelled: true });
    });

    it('refuses a program that does not exist, and a folder outside', async () => {
      subject.answer('no-such-program-here', {
        throws: new OpenExecError('command-not-found', { program: 'no-such-program-here' }),
      });
      expect(
        await codeOf(subject.runner.run(request({ argv: ['no-such-program-here'] }), () => undefined, signal)),
      ).toBe('command-not-found');
      expect(await codeOf(subject.runner.run(request({ script: 'true', cwd: '../..' }), () => undefined, signal))).toBe(
        'path-outside',
      );
      expect(await codeOf(subject.runner.run(request({ script: 'true', cwd: '/' }), () => undefined, signal))).toBe(
        'path-outside',
      );
    });
  });
}
