import { describe, expect, it } from 'vitest';
import { loadRules, workspaceRules } from '../../../src/core/permission/rules.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import { createWorld, planOf, settled, startPlan } from '../engine/harness.js';

const root = asRoot('/p/app');
const files = (text?: string) => ({
  read: async () => (text === undefined ? undefined : new TextEncoder().encode(text)),
});
const load = (own: unknown, text?: string) => loadRules(own, files(text), root);
const RULE = { id: 'r', type: 'command', operator: 'prefix', decision: 'deny', value: 'docker' };

describe('the workspace’s own rules', () => {
  const good = `version: 1
rules:
  - { id: no-docker, type: command, operator: prefix, value: docker, decision: deny, reason: we have no docker here }
  - id: loosens
    type: command
    operator: glob
    value: '*'
    decision: allow
`;
  it('are read from a file a team reviews; what would loosen is named with its line and counts for nothing', async () => {
    const { workspace, ignored, user } = await load([RULE], good);
    expect(workspace.map((rule) => rule.id)).toEqual(['no-docker']);
    expect(ignored).toEqual([{ file: '.openexec/policy.yaml', line: 4, column: 5, id: 'loosens' }]);
    expect(user).toHaveLength(1);
  });

  it.each([
    ['rules: [', /^1:\d+ /],
    ['a: 1', /1:1 .*“rules”/],
    ['version: 2\nrules: []', /version 1/],
    ['rules:\n  - id: x\n    type: nothing\n    operator: exact\n    value: a\n    decision: ask', /2:5 x: type/],
    ['- {id: a, type: path, operator: regex, value: "(", decision: deny}', /1:3 a: value/],
    [
      'rules:\n  - {id: a, type: path, operator: exact, value: b, decision: deny}\n  - {id: a, type: path, operator: exact, value: c, decision: deny}',
      /3:5 a: id: .*twice/,
    ],
    ['- &a {id: a}\n- *a', /./],
    ['rules: 5', /must be a list/],
    ['a: 1\na: 2', /./],
  ])('are not used by half: %j', (text, problem) => {
    let told = '';
    try {
      workspaceRules(text);
    } catch (error) {
      const { params, code } = error as { code: string; params: Record<string, unknown> };
      told = `${code} ${String(params['line'])}:${String(params['column'])} ${String(params['problem'])}`;
    }
    expect(told).toMatch(/^policy-invalid /);
    expect(told.slice('policy-invalid '.length)).toMatch(problem);
  });

  it('may be empty or absent', async () => {
    for (const text of [undefined, '', '# nothing yet\n', 'version: 1\n', '[]'])
      expect(await load(undefined, text)).toEqual({ user: [], workspace: [], ignored: [] });
  });

  it('are refused where they cannot be read, rather than passed over', async () => {
    const broken = { read: () => Promise.reject(new Error('it leads outside')) };
    await expect(loadRules([], broken, root)).rejects.toMatchObject({ code: 'policy-invalid' });
  });
});

it('names the place of a wrong rule in the person’s own list', async () => {
  await expect(load([RULE, { ...RULE, id: 'second', decision: 'maybe' }])).rejects.toMatchObject({
    code: 'policy-invalid',
    params: { line: 2, file: 'openexec.policy.rules' },
  });
  await expect(load('docker')).rejects.toMatchObject({ code: 'policy-invalid' });
});

const BLUEPRINT =
  'version: 1\nid: standard_task\nname: Plain\nstart: lint\nstages:\n  lint: { type: deterministic, action: lint, on_success: build, on_failure: build }\n  build: { type: deterministic, action: build, on_success: done }\n';

describe('in a run', () => {
  const decisions = (world: Awaited<ReturnType<typeof createWorld>>) =>
    world.events.flatMap((event) => (event.type === 'decision-made' ? [`${event.effect} ${event.rule}`] : []));

  it('counts the rules as they were when it started, also when the file changes meanwhile', async () => {
    const world = await createWorld({
      blueprint: BLUEPRINT,
      files: {
        'a.txt': 'one\n',
        '.openexec/policy.yaml':
          'rules:\n  - {id: no-lint, type: command, operator: exact, value: npm run lint, decision: deny}\n',
      },
      settings: { rules: [{ id: 'mine', type: 'command', operator: 'exact', decision: 'ask', value: 'npm test' }] },
    });
    const run = await startPlan(world, planOf({ 'T-1': { check: 'npm run build', pins: true } }), { onAsk: 'accept' });
    const { config } = await world.openexec.request('run/get', { run });
    expect(config.rules).toMatchObject({ user: [{ id: 'mine' }], workspace: [{ id: 'no-lint' }] });
    await settled(world, run);
    expect(await world.openexec.request('policy/explain', { cmd: 'npm run lint' })).toMatchObject({
      effect: 'deny',
      rule: 'workspace.no-lint',
    });
    expect(await world.openexec.request('policy/explain', { argv: ['npm', 'test'] })).toMatchObject({
      effect: 'ask',
      rule: 'user.mine',
    });
    expect(await world.openexec.request('policy/rules', {})).toMatchObject({
      user: [{ id: 'mine' }],
      workspace: [{ id: 'no-lint' }],
      ignored: [],
    });
    expect(decisions(world)).toContain('deny workspace.no-lint');
    await world.openexec.close();
  });

  it('does not start with rules that cannot be used', async () => {
    const world = await createWorld({ blueprint: BLUEPRINT, settings: { rules: [{ id: 'x' }] } });
    await expect(world.openexec.request('run/quick-fix', { request: 'x', check: 'npm test' })).rejects.toMatchObject({
      code: 'policy-invalid',
    });
    await world.openexec.close();
  });
});
