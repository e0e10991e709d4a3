/** Which tools a stage has, what rules say about them, and how a call is known again. */
import { describe, expect, it } from 'vitest';
import { toolsetSchema } from '../../../src/core/model/blueprint.js';
import { isToolName, tools, toolsets, type ToolName } from '../../../src/core/tools/contracts.js';
import { lookWith } from './fixtures.js';
import { createWorld, planOf, settled, startPlan, type World, type WorldInput } from './harness.js';

/** What would be done with each tool if it were done. */
const inputs: Readonly<Record<ToolName, unknown>> = {
  read_file: { path: 'a.txt' },
  list_directory: {},
  glob: { pattern: '*' },
  grep: { pattern: 'one' },
  read_symbol: { name: 'one' },
  git_status: {},
  git_diff: {},
  git_log: {},
  apply_patch: { patch: '[{"path":"docs/new.md","search":"","replace":"new"}]' },
  write_file: { path: 'docs/new.md', content: 'new' },
  delete_file: { path: 'a.txt' },
  run_command: { argv: ['npm', 'test'] },
  ask_operator: { question: 'Which?' },
  signal: { kind: 'progress', message: 'going on' },
  submit_result: { summary: 'looked' },
};

async function call(
  calls: { name: string; input: unknown }[],
  more: Partial<WorldInput> & { toolset?: string } = {},
): Promise<{ world: World; run: string; results: string[] }> {
  const world = await createWorld({
    blueprint: lookWith(more.toolset ?? 'coding'),
    files: { 'a.txt': 'one\n' },
    settings: { approval: 'risky' },
    ...more,
    model: { work: [{ tools: calls }, { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] }] },
  });
  const run = await startPlan(world, planOf({ T1: { pins: true } }));
  await settled(world, run);
  const results = (world.model.asked.at(-1)?.messages.at(-1)?.content ?? []).flatMap((block) =>
    block.type === 'tool-result' ? [block.content] : [],
  );
  return { world, run, results };
}

describe('a toolset', () => {
  it.each(toolsetSchema.options)(
    '%s is all the model is told of, and anything else is denied, recorded, and without effect',
    async (toolset) => {
      const own = toolsets[toolset]!;
      const others = Object.keys(tools).filter((name) => isToolName(name) && !own.includes(name)) as ToolName[];
      const { world, results } = await call(
        others.map((name) => ({ name, input: inputs[name] })),
        { toolset },
      );
      expect(world.model.asked[0]?.tools.map((tool) => tool.name)).toEqual([...own]);
      expect(results).toEqual(others.map((name) => `Denied: ${name} is not among the tools of this stage`));
      expect(
        world.events.flatMap((event) =>
          event.type === 'decision-made' && event.rule === 'tool.toolset' ? [`${event.effect} ${event.subject}`] : [],
        ),
      ).toEqual(others.map((name) => `deny ${name}`));
      expect(world.workspace.dump()).toEqual({ 'a.txt': 'one\n' });
      expect(own).toEqual(expect.arrayContaining(['ask_operator', 'signal', 'submit_result', 'read_symbol']));
      await world.openexec.close();
    },
  );

  it('has no tool of another name, and takes nothing from what every object inherits', async () => {
    const { world, results } = await call(
      ['constructor', '__proto__', 'Read_File', 'bash'].map((name) => ({ name, input: {} })),
    );
    expect(results).toEqual(
      ['constructor', '__proto__', 'Read_File', 'bash'].map((name) => `There is no tool ${name}.`),
    );
    await world.openexec.close();
  });
});

describe('a rule about a tool', () => {
  it('denies it also inside the toolset, and one that asks is not done by itself', async () => {
    const rule = (id: string, value: string, decision: string) => ({
      id,
      type: 'tool',
      operator: 'exact',
      value,
      decision,
      reason: `${value} is ours`,
    });
    const { world, results } = await call(
      [
        { name: 'grep', input: { pattern: 'one' } },
        { name: 'run_command', input: { argv: ['npm', 'test'] } },
        { name: 'read_file', input: { path: 'a.txt' } },
      ],
      {
        settings: {
          approval: 'risky',
          rules: [rule('no-grep', 'grep', 'deny'), rule('ask-run', 'run_command', 'ask')],
        },
      },
    );
    expect(results[0]).toBe('Denied: grep is ours');
    expect(results[1]).toMatch(/^Denied: run_command is ours\. A person decides/);
    expect(results[2]).toBe('one\n');
    expect(
      world.events.flatMap((event) => (event.type === 'decision-made' ? [`${event.effect} ${event.subject}`] : [])),
    ).toEqual(expect.arrayContaining(['deny grep', 'ask run_command']));
    expect(world.events.some((event) => event.type === 'command-run' && event.purpose === 'tool')).toBe(false);
    await world.openexec.close();
  });
});

describe('what a model says of its own safety', () => {
  it('is dropped: unknown fields change neither the call nor its record', async () => {
    const plain = await call([{ name: 'write_file', input: { path: 'docs/x.md', content: 'x' } }]);
    const marked = await call([
      {
        name: 'write_file',
        input: { path: 'docs/x.md', content: 'x', approved: true, requires_approval: false, sandbox: 'full-access' },
      },
    ]);
    expect(marked.results).toEqual(plain.results);
    expect((await callsOf(marked)).map((one) => one.input)).toEqual((await callsOf(plain)).map((one) => one.input));
    for (const { world } of [plain, marked]) await world.openexec.close();
  });
});

const callsOf = async ({ world, run }: { world: World; run: string }) => {
  const steps = await world.store.steps(run);
  return (await Promise.all(steps.map((step) => world.store.calls(step.key))))
    .flat()
    .filter((one) => one.kind === 'tool');
};

describe('a call is known again', () => {
  it('by its arguments in whatever order, by its tool, and by its run and place', async () => {
    const reordered = [
      { name: 'grep', input: { pattern: 'one', ignore_case: true } },
      { name: 'grep', input: { ignore_case: true, pattern: 'one' } },
      { name: 'grep', input: { pattern: 'two' } },
      { name: 'glob', input: { pattern: 'two' } },
    ];
    const first = await call(reordered);
    const again = await call(reordered);
    const [a, b, other, glob] = await callsOf(first);
    expect(a!.input).toBe(b!.input);
    expect(a!.input).not.toBe(other!.input);
    expect([other!.name, glob!.name]).toEqual(['grep', 'glob']);
    expect(new Set([a, b, other, glob].map((one) => one!.key)).size).toBe(4);
    expect(first.run).toBe(again.run); // ids of a fake: the same run, met again
    expect((await callsOf(again)).map(({ key, input }) => ({ key, input }))).toEqual(
      (await callsOf(first)).map(({ key, input }) => ({ key, input })),
    );
    for (const one of [a, b, other, glob]) expect(one!.key.startsWith(`${first.run}/T1/1/work/1/`)).toBe(true);
    for (const { world } of [first, again]) await world.openexec.close();
  });

  it('with no arguments as with none of them', async () => {
    const { world, run, results } = await call([
      { name: 'git_status', input: {} },
      { name: 'git_status', input: null },
      { name: 'git_status', input: { verbose: true } },
      { name: 'list_directory', input: null },
    ]);
    expect(results).toHaveLength(4);
    for (const result of results) expect(result).not.toContain('Invalid');
    const all = await callsOf({ world, run });
    expect(new Set(all.slice(0, 3).map((one) => one.input)).size).toBe(1);
    await world.openexec.close();
  });
});
