/** Plays the cassette against a copy of the demo as the engine would, with git in place of the engine's own patching: no engine, same conversation. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, mkdirSync, writeFileSync, existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRecordedModel } from '../../src/adapters/recorded/recorded-model.js';
import { readCassette } from '../../src/adapters/recorded/cassette.js';
import { copyDemo } from '../../src/adapters/node/demo.js';
import { eachTask, planDocumentSchema, type PlanDocument, type Task } from '../../src/core/model/plan.js';
import type { ModelBlock, ModelMessage, ModelTurn } from '../../src/core/ports/ports.js';

const top = path.resolve(import.meta.dirname, '..', '..');
export const cassette = readCassette(readFileSync(path.join(top, 'demo', 'cassette.json'), 'utf8'));
export const model = createRecordedModel(cassette, { speed: 0 });
export const plan: PlanDocument = planDocumentSchema.parse(cassette.entries[0]?.toolCalls[0]?.input);
export const tasks: Task[] = [...eachTask(plan)].map(({ task }) => task);

export interface Copy {
  folder: string;
  shell(script: string): { code: number; output: string };
  git(...args: string[]): string;
  remove(): void;
}

export async function openCopy(): Promise<Copy> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'openexec-demo-test-'));
  rmSync(folder, { recursive: true });
  await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  };
  for (const name of ['NODE_OPTIONS', 'NODE_TEST_CONTEXT', 'VITEST']) delete env[name];
  return {
    folder,
    shell(script) {
      const done = spawnSync('/bin/sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
      return { code: done.status ?? -1, output: done.stdout + done.stderr };
    },
    git: (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type Answer = 'accept' | 'reject';

/** One visit of an agentic stage: turns and tool results until a submit is accepted. `answers` are the person's, in order; then all is accepted. */
export async function visit(
  copy: Copy,
  at: { task: string; attempt?: number; stage: string; visit?: number },
  answers: readonly Answer[] = [],
): Promise<string[]> {
  const decisions = [...answers];
  const messages: ModelMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Do the task.' }] }];
  const tools: string[] = [];
  const saved = copy.git('stash', 'create').trim() || 'HEAD';
  const created: string[] = [];
  for (let turns = 0; turns < 10; turns++) {
    const key = `run_1/${at.task}/${at.attempt ?? 1}/${at.stage}/${at.visit ?? 1}/${turns * 7 + 1}`; // call numbers run ahead of turns
    const turn: ModelTurn = await model.turn(
      { key, model: 'recorded', system: '', messages, tools: [], maxTokens: 1000 },
      () => undefined,
      new AbortController().signal,
    );
    messages.push({ role: 'assistant', content: turn.content });
    const results: ModelBlock[] = [];
    for (const call of turn.content) {
      if (call.type !== 'tool-use') continue;
      tools.push(call.name);
      const tell = (content: string, isError = false) =>
        results.push({ type: 'tool-result', id: call.id, content, isError });
      const input = call.input as Record<string, string>;
      if (call.name === 'read_file') tell(readFileSync(path.join(copy.folder, input['path'] ?? ''), 'utf8'));
      else if (call.name === 'write_file') {
        const file = path.join(copy.folder, input['path'] ?? '');
        if (!existsSync(file)) created.push(file);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, input['content'] ?? '');
        tell('ok');
      } else if (call.name === 'apply_patch') {
        const patch = input['patch'] ?? '';
        const done = spawnSync('git', ['apply', '--whitespace=nowarn', '-'], {
          cwd: copy.folder,
          input: patch,
          encoding: 'utf8',
        });
        created.push(
          ...[...patch.matchAll(/^--- \/dev\/null\n\+\+\+ b\/(.*?)\t?$/gm)].map((found) =>
            path.join(copy.folder, found[1] ?? ''),
          ),
        );
        tell(done.status === 0 ? 'ok' : done.stderr, done.status !== 0);
      } else if (call.name === 'submit_result') {
        if (decisions.shift() === 'reject') {
          for (const file of created.splice(0)) rmSync(file, { force: true });
          copy.git('checkout', '--quiet', saved, '--', '.');
          copy.git('reset', '--quiet');
          tell('{"status":"rejected","files":[]}', true);
        } else return tools;
      } else throw new Error(`unexpected tool ${call.name}`);
    }
    messages.push({ role: 'user', content: results });
  }
  throw new Error(`${at.task} ${at.stage} did not end`);
}

/** standard_task without an engine: implement, then lint and test with their fixes, then verify and commit. Gives the stages entered. */
export async function runTask(copy: Copy, task: Task, answers: readonly Answer[] = []): Promise<string[]> {
  const stages = ['implement'];
  await visit(copy, { task: task.id, stage: 'implement' }, answers);
  const visits: Record<string, number> = {};
  for (let round = 0; round < 8; round++) {
    const failed =
      copy.shell('node scripts/lint.mjs').code !== 0
        ? 'fix_lint'
        : copy.shell('node --test "test/*.test.ts"').code !== 0
          ? 'fix_tests'
          : undefined;
    if (!failed) break;
    visits[failed] = (visits[failed] ?? 0) + 1;
    stages.push(failed);
    await visit(copy, { task: task.id, stage: failed, visit: visits[failed] });
  }
  copy.git('add', '-A');
  copy.git('commit', '--quiet', '-m', task.id);
  return stages;
}
