/**
 * What a model may ask for: name, input, whether it changes anything, and how much of its output is kept. Schemas are
 * strict in effect: unknown fields (`approved: true`) are dropped, so nothing a model says can loosen a rule.
 */
import { z } from 'zod';
import { planChangeSchema } from '../model/plan-proposal.js';
import { relativePathSchema } from '../model/primitives.js';

const path = relativePathSchema.describe('Path relative to the workspace root, with forward slashes.');

/** 0 means the default; bounds in ms. */
const timeoutMs = z
  .number()
  .int()
  .refine((ms) => ms === 0 || (ms >= 100 && ms <= 600_000), { error: '0, or 100 to 600000 ms' })
  .default(0);

export const tools = {
  read_file: {
    description: 'Read a text file, or some of its lines (1-based, inclusive).',
    input: z.object({
      path,
      start_line: z.number().int().positive().optional(),
      end_line: z.number().int().positive().optional(),
    }),
    changes: false,
    capBytes: 128 * 1024,
  },
  list_directory: {
    description: 'List one folder; folders end in a slash. Use "." for the root.',
    input: z.object({ path: z.union([z.literal('.'), z.literal(''), path]).default('.') }),
    changes: false,
    capBytes: 32 * 1024,
  },
  glob: {
    description: 'List files that match a glob such as src/**/*.ts. Ignored files are left out.',
    input: z.object({ pattern: z.string().min(1).max(300) }),
    changes: false,
    capBytes: 32 * 1024,
  },
  grep: {
    description: 'Search file contents by a regular expression, line by line.',
    input: z.object({
      pattern: z.string().min(1).max(500),
      glob: z.string().max(300).optional(),
      ignore_case: z.boolean().default(false),
    }),
    changes: false,
    capBytes: 64 * 1024,
  },
  read_symbol: {
    description:
      'Read where a function, class, type or other name is defined: its whole definition. With `path`, in that file only.',
    input: z.object({
      name: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .regex(/^[^\s(){}\[\];,"'`]+$/, 'one name, without its parameters'),
      path: path.optional(),
    }),
    changes: false,
    capBytes: 64 * 1024,
  },
  apply_patch: {
    description:
      'Edit files. `patch` is a unified diff, a "*** Begin Patch" block, or JSON [{"path","search","replace"}] with exact search text. All files or none. ' +
      'Nothing reaches the disk before the person has approved it; until then your reads show it.',
    input: z.object({ patch: z.string().min(1).max(2_000_000), title: z.string().max(200).default('') }),
    changes: true,
    capBytes: 32 * 1024,
  },
  write_file: {
    description: 'Write a whole file: a new one, or in place of what stands there.',
    input: z.object({
      path,
      content: z.string().max(2_000_000),
      mode: z.enum(['overwrite', 'append']).default('overwrite'),
      encoding: z.literal('utf-8').default('utf-8'),
    }),
    changes: true,
    capBytes: 4 * 1024,
  },
  delete_file: { description: 'Delete a file.', input: z.object({ path }), changes: true, capBytes: 4 * 1024 },
  run_command: {
    description: 'Run a program with its arguments, without a shell. Edits made so far are put to the person first.',
    input: z.object({
      argv: z.array(z.string().max(10_000)).min(1).max(200),
      cwd: z.union([z.literal(''), z.literal('.'), path]).default(''),
      timeout_ms: timeoutMs,
    }),
    changes: true,
    capBytes: 48 * 1024,
  },
  git_status: { description: 'git status, short form.', input: z.object({}), changes: false, capBytes: 16 * 1024 },
  git_diff: {
    description: 'Differences of the working tree against HEAD.',
    input: z.object({ paths: z.array(path).max(50).default([]) }),
    changes: false,
    capBytes: 64 * 1024,
  },
  git_log: {
    description: 'The last commits, one line each.',
    input: z.object({ count: z.number().int().min(1).max(50).default(10) }),
    changes: false,
    capBytes: 16 * 1024,
  },
  ask_operator: {
    description: 'Ask the person a question that only they can answer. The run waits.',
    input: z.object({
      question: z.string().min(1).max(2000),
      options: z.array(z.string().max(200)).max(6).default([]),
    }),
    changes: false,
    capBytes: 16 * 1024,
  },
  signal: {
    description:
      'Tell the runtime something: `progress` is shown; `blocked` and `decision-point` pause the run and ask the person; `planning-mismatch` and `scope-discovery` are noted for the plan, with a `proposal` as a change of it that a person may accept; ' +
      '`route` goes to a stage this stage may route to.',
    input: z.object({
      kind: z.enum(['progress', 'blocked', 'decision-point', 'planning-mismatch', 'scope-discovery', 'route']),
      message: z.string().min(1).max(2000),
      stage: z.string().max(100).optional(),
      proposal: planChangeSchema
        .optional()
        .describe(
          'Tasks to add, and new text for tasks that have not begun. Your own task stays as it is. An id that is not in the plan is answered with those that are.',
        ),
    }),
    changes: false,
    capBytes: 4 * 1024,
  },
  submit_result: {
    description: 'End this stage: hand in what was done. Checks decide whether it holds.',
    input: z.object({ summary: z.string().trim().min(1).max(4000), confidence: z.number().min(0).max(1).optional() }),
    changes: true,
    capBytes: 32 * 1024,
  },
} as const;

export type ToolName = keyof typeof tools;
export type ToolInput<T extends ToolName> = z.infer<(typeof tools)[T]['input']>;
export const isToolName = (name: string): name is ToolName => Object.hasOwn(tools, name);

/** A review hands in findings; a blocker sends the work back. */
export const reviewResultSchema = tools.submit_result.input.extend({
  verdict: z
    .array(
      z.object({
        severity: z.enum(['blocker', 'major', 'minor']),
        file: z.string().max(500),
        line: z.number().int().nonnegative().default(0),
        what: z.string().min(1).max(2000),
      }),
    )
    .max(100)
    .default([]),
});

const reading: ToolName[] = [
  'read_file',
  'list_directory',
  'glob',
  'grep',
  'read_symbol',
  'git_status',
  'git_diff',
  'git_log',
];
/** Always there, also outside the toolset. */
const control: ToolName[] = ['ask_operator', 'signal', 'submit_result'];

/** Enforced: a tool outside the stage's set is denied and recorded. */
export const toolsets: Readonly<Record<string, readonly ToolName[]>> = {
  read_only: [...reading, ...control],
  coding: [...reading, 'apply_patch', 'write_file', 'delete_file', 'run_command', ...control],
  debug_ci: [...reading, 'apply_patch', 'write_file', 'run_command', ...control],
  docs: [...reading, 'apply_patch', 'write_file', ...control],
  release: [...reading, 'apply_patch', 'write_file', 'run_command', ...control],
};

/** What a provider is told: JSON Schema of the tools of one stage, in a stable order. */
export function toolSchemas(names: readonly ToolName[], submit: z.ZodType = tools.submit_result.input) {
  return names.map((name) => ({
    name,
    description: tools[name].description,
    inputSchema: z.toJSONSchema(name === 'submit_result' ? submit : tools[name].input, {
      io: 'input',
      unrepresentable: 'any',
    }) as Record<string, unknown>,
  }));
}
