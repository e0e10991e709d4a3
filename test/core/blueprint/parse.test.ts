import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/core/blueprint/catalog.js';
import { parseBlueprint, MAX_BLUEPRINT_SIZE } from '../../../src/core/blueprint/parse.js';
import { blueprintSchema } from '../../../src/core/model/blueprint.js';

const shipped = (name: string): string =>
  readFileSync(new URL(`../../../blueprints/${name}.yaml`, import.meta.url), 'utf8');

/** The problems, one a line: `line:column-endLine:endColumn severity code message (hint)`. */
const problemsOf = (text: string): string =>
  parseBlueprint(text, 'sample.yaml')
    .problems.map(
      (p) =>
        `${p.line}:${p.column}-${p.endLine}:${p.endColumn} ${p.severity} ${p.code} ${p.message}${p.hint ? ` (${p.hint})` : ''}`,
    )
    .join('\n');

const head = 'version: 1\nid: sample\nname: Sample\nstart: a\nstages:\n';
const ok = '  a: { type: deterministic, action: lint, on_success: done }\n';

describe('shipped blueprints', () => {
  it.each(['standard_task', 'quick_fix', 'study_task'])(
    '%s has no problem, not even a hint, and is named like its file',
    (name) => {
      const { blueprint, problems } = parseBlueprint(shipped(name), `${name}.yaml`);
      expect(problems).toEqual([]);
      expect(blueprint?.id).toBe(name);
      expect(blueprintSchema.parse(blueprint)).toEqual(blueprint);
    },
  );

  it('standard_task heals each failure and comes back through lint', () => {
    const { blueprint } = parseBlueprint(shipped('standard_task'), 'standard_task.yaml');
    const ways = Object.values(blueprint!.stages).map(
      (stage) => `${stage.id} → ${stage.onSuccess}${stage.onFailure ? ` | ${stage.onFailure}` : ''}`,
    );
    expect(ways).toEqual([
      'gather_context → implement',
      'implement → lint',
      'lint → test | fix_lint',
      'fix_lint → lint',
      'test → build | fix_tests',
      'fix_tests → lint',
      'build → verify | fix_build',
      'fix_build → lint',
      'verify → review | fix_tests',
      'review → commit | fix_review',
      'fix_review → lint',
      'commit → done',
    ]);
    expect(blueprint!.stages['review']).toMatchObject({
      requires: 'reviewer',
      model: 'reviewer',
      toolset: 'read_only',
      schema: 'verdict',
    });
  });

  it('the other two go the way the design lists', () => {
    const ways = (name: string) =>
      Object.values(parseBlueprint(shipped(name), name).blueprint!.stages).map(
        (s) => `${s.id} ${s.onSuccess} ${s.onFailure ?? '-'}`,
      );
    expect(ways('quick_fix')).toEqual([
      'gather_context implement -',
      'implement run_gates -',
      'run_gates verify fix',
      'fix run_gates -',
      'verify commit fix',
      'commit done -',
    ]);
    expect(ways('study_task')).toEqual([
      'gather_context study -',
      'study verify -',
      'verify commit study',
      'commit done -',
    ]);
    expect(parseBlueprint(shipped('study_task'), 'x').blueprint!.stages['study']).toMatchObject({
      toolset: 'docs',
      outputFolder: 'docs',
    });
  });
});

describe('resolving', () => {
  it('merges defaults into each stage, and the stage wins', () => {
    const { blueprint } = parseBlueprint(
      'version: 1\nname: Sample\ndefaults: { max_retries: 5, timeout: 2m, sandbox: read-only }\nstart: a\nstages:\n' +
        '  a: { type: deterministic, action: lint, on_success: b, timeout: 1h30m, max_retries: 0 }\n  b: { type: deterministic, commands: [make], on_success: done }\n',
      'dir/my_flow.yml',
    );
    expect(blueprint?.id).toBe('my_flow');
    expect(blueprint?.stages['a']).toMatchObject({
      maxRetries: 0,
      timeoutMs: 5_400_000,
      sandbox: 'read-only',
      name: 'A',
    });
    expect(blueprint?.stages['b']).toMatchObject({ maxRetries: 5, timeoutMs: 120_000, commands: ['make'] });
  });

  it('falls back to 3 retries and 10 minutes, leaving approval and sandbox to the run', () => {
    const stage = parseBlueprint(head + ok, 'x').blueprint?.stages['a'];
    expect(stage).toMatchObject({ maxRetries: 3, timeoutMs: 600_000 });
    expect(stage).not.toHaveProperty('sandbox');
    expect(stage).not.toHaveProperty('approval');
  });

  it('follows an anchor and its alias', () => {
    const { blueprint, problems } = parseBlueprint(
      `${head}  a: { type: deterministic, commands: &c [make, make test], on_success: b }\n  b: { type: deterministic, commands: *c, on_success: done }\n`,
      'x',
    );
    expect(problems).toEqual([]);
    expect(blueprint?.stages['b']?.commands).toEqual(['make', 'make test']);
  });
});

describe('older spellings', () => {
  it('are read and reported as hints', () => {
    const text = [
      'version: 1',
      'id: sample',
      'name: Sample',
      'initial_stage: a',
      'defaults: { sandbox: danger-full-access }',
      'stages:',
      '  - name: a',
      '    type: agent',
      '    toolset: repo_readonly',
      '    goal: Look around.',
      '    create_checkpoint: true',
      '    on_success: complete',
      '    on_failure: ""',
    ].join('\n');
    expect(problemsOf(text)).toBe(
      [
        '4:1-4:14 hint alias “initial_stage” is read as “start”, its name of today. (start)',
        '5:22-5:40 hint alias “danger-full-access” is read as “full-access”, its name of today. (full-access)',
        '6:1-6:7 hint alias Stages as a list are read, but a mapping from id to stage is the form of today. (stages: { gather_context: { … } })',
        '8:11-8:16 hint alias “agent” is read as “agentic”, its name of today. (agentic)',
        '9:14-9:27 hint alias “repo_readonly” is read as “read_only”, its name of today. (read_only)',
        '11:5-11:22 hint alias “create_checkpoint” is read as “checkpoint”, its name of today. (checkpoint)',
        '12:17-12:25 hint alias “complete” is read as “done”, its name of today. (done)',
      ].join('\n'),
    );
    expect(parseBlueprint(text, 'x').blueprint?.stages['a']).toMatchObject({
      type: 'agentic',
      toolset: 'read_only',
      sandbox: 'full-access',
      checkpoint: true,
      onSuccess: 'done',
    });
  });
});

describe('problems have a place', () => {
  const cases: [string, string, string][] = [
    [
      'unknown stage',
      `${head}  a: { type: deterministic, action: lint, on_success: tets, on_failure: b }\n  b: { type: deterministic, action: test, on_success: done }\n  test: { type: deterministic, action: test, on_success: done }\n`,
      '6:55-6:59 error unknown-stage There is no stage “tets”. (Did you mean “test”?)\n8:3-8:7 error unreachable-stage No way leads from “a” to the stage “test”.',
    ],
    [
      'unknown start',
      'version: 1\nid: sample\nname: Sample\nstart: begin\nstages:\n' + ok,
      '4:8-4:13 error unknown-stage There is no stage “begin”.',
    ],
    [
      'no start',
      'version: 1\nid: sample\nname: Sample\nstages:\n' + ok,
      '1:1-1:11 error missing-field The field “start” is missing: it names the first stage. (start: a)',
    ],
    [
      'empty name',
      'version: 1\nid: sample\nname: ""\nstart: a\nstages:\n' + ok,
      '3:7-3:9 error bad-value “name” is empty.',
    ],
    [
      'empty id',
      'version: 1\nid: ""\nname: S\nstart: a\nstages:\n' + ok,
      '2:5-2:7 error bad-name The id “” has characters other than lower-case letters, digits, - and _.',
    ],
    [
      'unknown action',
      `${head}  a: { type: deterministic, action: linting, on_success: done }\n`,
      '6:37-6:44 error unknown-action “linting” is not an action. There are: build_context, lint, test, build, verify, run_gates, apply_patch, diff_report, review_bundle, commit, summarize_run.',
    ],
    [
      'unknown toolset',
      `${head}  a: { type: agentic, toolset: codng, goal: x, on_success: done }\n`,
      '6:32-6:37 error unknown-toolset “codng” is not a toolset. There are: read_only, coding, debug_ci, docs, release. (Did you mean “coding”?)',
    ],
    [
      'unknown type',
      `${head}  a: { type: magic, action: lint, on_success: done }\n`,
      '6:14-6:19 error bad-value “magic” is not a value of type. There are: deterministic, agentic.',
    ],
    [
      'unknown field',
      `${head}  a: { type: deterministic, action: lint, on_sucess: done }\n`,
      '6:3-6:4 error missing-field The stage “a” has no “on_success”. (on_success: done)\n6:43-6:52 error unknown-field “on_sucess” is not a field of a stage. (Did you mean “on_success”?)\n5:1-5:7',
    ],
    [
      'unknown input',
      `${head}  a: { type: deterministic, action: lint, inputs: [task, contxt], on_success: done }\n`,
      '6:58-6:64 error unknown-input No stage has the output “contxt”, and it is not one of task, story, plan, context, failure, diff, results. (Did you mean “context”?)',
    ],
    [
      'unbounded loop',
      `${head}  a: { type: deterministic, action: lint, on_success: b, on_failure: c }\n  b: { type: deterministic, action: test, on_success: a }\n  c: { type: deterministic, action: test, on_success: done }\n`,
      '7:55-7:56 error unbounded-loop Unbounded loop: a → b → a by on_success alone never ends.',
    ],
    [
      'a stage that follows itself',
      `${head}  a: { type: deterministic, action: lint, on_success: a }\n`,
      '5:1-5:7 error missing-terminal No way leads to “done”: a run of this blueprint could never succeed. (on_success: done)\n6:55-6:56 error unbounded-loop Unbounded loop: a → a by on_success alone never ends.',
    ],
    [
      'done after a failure',
      `${head}  a: { type: deterministic, action: lint, on_success: done, on_failure: done }\n`,
      '6:73-6:77 error bad-terminal “done” is reached by on_success only: work that failed or was routed around is not done.',
    ],
    [
      'an ending of older files after a failure',
      `${head}  a: { type: deterministic, action: lint, on_success: complete, on_failure: complete }\n`,
      '6:77-6:85 error bad-terminal “done” is reached by on_success only: work that failed or was routed around is not done.',
    ],
    [
      'a goal without a model',
      `${head}  a: { type: deterministic, action: lint, goal: x, on_success: done }\n`,
      '6:43-6:47 error field-mismatch “goal” does not go with type deterministic.',
    ],
    [
      'a command for a model',
      `${head}  a: { type: agentic, toolset: coding, goal: x, commands: [ls], on_success: done }\n`,
      '6:49-6:57 error field-mismatch “commands” does not go with type agentic.',
    ],
    [
      'action and commands',
      `${head}  a: { type: deterministic, action: lint, commands: [ls], on_success: done }\n`,
      '6:43-6:51 error field-mismatch A stage has an action or commands, not both.',
    ],
    [
      'nothing to do',
      `${head}  a: { type: deterministic, on_success: done }\n`,
      '6:3-6:4 error missing-field The stage “a” has no “action”. (action: test)',
    ],
    [
      'a time without a unit',
      `${head}  a: { type: deterministic, action: lint, timeout: 10, on_success: done }\n`,
      '6:52-6:54 error wrong-type “timeout” is a time with its unit, such as 30s, 10m or 1h30m.',
    ],
    [
      'too many retries',
      `${head}  a: { type: deterministic, action: lint, max_retries: 11, on_success: done }\n`,
      '6:56-6:58 error bad-value “max_retries” is from 0 to 10.',
    ],
    [
      'an output folder outside',
      `${head}  a: { type: agentic, toolset: docs, goal: x, output_folder: ../x, on_success: done }\n`,
      '6:62-6:66 error bad-value “output_folder” is a path inside the root, with forward slashes. (output_folder: docs)',
    ],
    [
      'an ending as a stage',
      `${head}${ok}  done: { type: deterministic, action: lint, on_success: fail }\n`,
      '7:3-7:7 error bad-name “done” is the name of an ending, not of a stage.',
    ],
    [
      'another version',
      'version: 2\nid: sample\nname: Sample\nstart: a\nstages:\n' + ok,
      '1:10-1:11 error unsupported-version Version 2 is not known; this OpenExec reads version 1. (version: 1)',
    ],
    ['a list', '- a\n', '1:1-1:4 error not-a-map A blueprint is a mapping with version, id, name, start and stages.'],
    ['an empty file', '', '1:1-1:1 error not-a-map A blueprint is a mapping with version, id, name, start and stages.'],
    ['two stages of one name', `${head}${ok}${ok}`, '7:3-7:4 error yaml-syntax'],
    ['broken YAML', 'version: 1\nname: "x\n', '3:1-3:2 error yaml-syntax Missing closing quote.'],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    const lines = problemsOf(text).split('\n');
    for (const line of expected.split('\n')) expect(lines).toContainEqual(expect.stringContaining(line));
    expect(parseBlueprint(text, 'x').blueprint).toBeUndefined();
    for (const problem of parseBlueprint(text, 'x').problems) expect(problem.hint, problem.message).not.toBe('');
  });

  it('names only the one thing that is wrong', () => {
    expect(problemsOf(`${head}  a: { type: magic, action: lint, on_success: done }\n`).split('\n')).toHaveLength(1);
    expect(
      problemsOf(`${head}  a: { type: deterministic, action: lint, goal: x, on_success: done }\n`).split('\n'),
    ).toHaveLength(1);
  });

  it('reads no giant', () => {
    expect(problemsOf('#'.repeat(MAX_BLUEPRINT_SIZE + 1))).toContain('file-too-large');
    const stages = Array.from(
      { length: 2000 },
      (_, i) => `  s${i}: { type: deterministic, action: lint, on_success: done }\n`,
    ).join('');
    expect(problemsOf(`version: 1\nname: S\nstart: s0\nstages:\n${stages.slice(0, 120_000)}`)).toMatch(
      /too-many-stages|yaml-syntax/,
    );
  });

  // Looked up one by one in the whole file, this many aliases would take longer than a test may.
  it('is not held up by a great number of aliases, and refuses what is nested endlessly', () => {
    const many = `version: 1\nid: a\nname: &n A\nstart: a\nstages:\n  a: { type: agentic, toolset: coding, goal: *n, on_success: done, inputs: [${Array(30_000).fill('*n').join(',')}] }\n`;
    expect(problemsOf(many.slice(0, MAX_BLUEPRINT_SIZE - 5))).toContain('unknown-input');
    for (const deep of [
      '['.repeat(120_000),
      `a: ${'['.repeat(60_000)}${']'.repeat(60_000)}`,
      '- '.repeat(60_000),
      '{a: '.repeat(30_000),
    ]) {
      const { problems } = parseBlueprint(deep, 'x.yaml');
      expect(problems[0]?.code).toBe('yaml-syntax');
      expect(problems.length).toBeLessThanOrEqual(10);
    }
  });

  it('never throws, whatever the text', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(...shipped('standard_task').split(/(?<=[\n :{}[\],&*-])/)),
            fc.string({ maxLength: 6 }),
          ),
          { maxLength: 60 },
        ),
        (parts) => {
          const { blueprint, problems } = parseBlueprint(parts.join(''), 'x.yaml');
          expect(blueprint === undefined).toBe(problems.some((problem) => problem.severity === 'error'));
        },
      ),
      { numRuns: 300 },
    ));

  it('is not impressed by nested aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 0; i < 20; i++)
      bomb.push(
        `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${Array(9)
          .fill(`*${String.fromCharCode(97 + i)}`)
          .join(',')}]`,
      );
    expect(problemsOf(bomb.join('\n'))).toContain('unknown-field');
  });
});

describe('catalogue', () => {
  it('sorts by id, takes the id from the file name, and keeps the first of two', () => {
    const body = 'version: 1\nname: S\nstart: a\nstages:\n' + ok;
    const { entries, problems } = readCatalog([
      { file: 'zeta.yaml', text: body, origin: 'shipped' },
      { file: 'alpha.yaml', text: body, origin: 'shipped' },
      { file: '.openexec/blueprints/mine.yaml', text: `id: zeta\n${body}`, origin: 'workspace' },
      { file: 'broken.yaml', text: 'stages: 3', origin: 'workspace' },
    ]);
    expect(entries.map((entry) => `${entry.blueprint.id} ${entry.origin}`)).toEqual(['alpha shipped', 'zeta shipped']);
    expect(
      problems.filter((p) => p.code === 'duplicate-id').map((p) => `${p.file}:${p.line}:${p.column} ${p.message}`),
    ).toEqual(['.openexec/blueprints/mine.yaml:1:5 The id “zeta” is taken by zeta.yaml.']);
    expect(problems.some((p) => p.file === 'broken.yaml' && p.severity === 'error')).toBe(true);
  });

  it('lets neither of two files of a workspace with one id count, and names each in the other', () => {
    const body = 'version: 1\nid: same\nname: S\nstart: a\nstages:\n' + ok;
    const { entries, problems } = readCatalog([
      { file: '.openexec/blueprints/a.yaml', text: body, origin: 'workspace' },
      { file: '.openexec/blueprints/b.yaml', text: body, origin: 'workspace' },
    ]);
    expect(entries).toEqual([]);
    expect(problems.map((p) => `${p.file}:${p.line} ${p.message}`)).toEqual([
      '.openexec/blueprints/a.yaml:2 The id “same” is taken by .openexec/blueprints/b.yaml.',
      '.openexec/blueprints/b.yaml:2 The id “same” is taken by .openexec/blueprints/a.yaml.',
    ]);
  });

  it('wants an id where the file’s name is none', () => {
    expect(parseBlueprint('version: 1\nname: S\nstart: a\nstages:\n' + ok, 'My Flow.yaml').problems).toMatchObject([
      { code: 'bad-name', line: 1, hint: 'id: my_flow' },
    ]);
  });
});
