/**
 * The person's own settings for the command line: one small JSON file in the data home, never in a repository.
 * Keys of providers are not kept there.
 */
import path from 'node:path';
import { z } from 'zod';
import { isSafeAddress } from '../base/safe-address.js';
import { OpenExecError } from '../core/errors.js';
import { approvalLevelSchema, sandboxSchema } from '../core/model/policy.js';
import { RUN_LIMITS } from '../core/model/plain/run-limits.js';
import type { Terminal } from './terminal.js';

const { parallelTasks } = RUN_LIMITS;

export const userConfigSchema = z.strictObject({
  /** `recorded` or a provider's model id; '' = none chosen. */
  model: z.string().max(200).default(''),
  /** Reviews each task's changes before its commit; '' = none. */
  reviewer: z.string().max(200).default(''),
  /** USD a run; null = no limit. */
  budget: z.number().positive().nullable().default(5),
  /** Tokens a run; null = no limit. */
  'token-budget': z.number().int().positive().nullable().default(null),
  /** USD a task, and a visit of a stage, within it; null = no limit of their own. */
  'task-budget': z.number().positive().nullable().default(null),
  'stage-budget': z.number().positive().nullable().default(null),
  approval: approvalLevelSchema.default('changes'),
  sandbox: sandboxSchema.default('workspace-write'),
  commits: z.boolean().default(true),
  /** Your own policy rules, checked where they are used; edited in the file. */
  rules: z.array(z.unknown()).max(1000).default([]),
  /** `own`: each run makes a branch openexec/<run> and checks it out. */
  'commit-branch': z.enum(['current', 'own']).default('current'),
  /** Signs where git signs the person's own commits. */
  'commit-signing': z.boolean().default(false),
  /** Tasks of parallel stories at once. */
  'max-parallel': z.number().int().min(parallelTasks.min).max(parallelTasks.max).default(parallelTasks.default),
  /** Finished runs older than this are removed; 0 = never. */
  'retention-days': z.number().min(0).default(180),
  /** Above this the oldest finished runs are removed; 0 = no limit. */
  'retention-mb': z.number().min(0).default(4096),
  /** Of an Anthropic-compatible endpoint; '' = the provider's own. */
  'base-url': z.string().refine(isAllowedAddress, 'must begin with https:, or name this machine').default(''),
});
export type UserConfig = z.infer<typeof userConfigSchema>;
export const userConfigKeys = Object.keys(userConfigSchema.shape) as (keyof UserConfig)[];
/** Those of one value each; rules are edited in the file. */
export const settableKeys = userConfigKeys.filter((key) => key !== 'rules');

const VALUES: Partial<Record<keyof UserConfig, string>> = {
  budget: 'an amount in USD above 0, or none',
  'token-budget': 'a whole number of tokens above 0, or none',
  'task-budget': 'an amount in USD above 0, or none',
  'stage-budget': 'an amount in USD above 0, or none',
  approval: approvalLevelSchema.options.join(', '),
  sandbox: sandboxSchema.options.join(', '),
  commits: 'on or off',
  'commit-branch': 'current or own',
  'commit-signing': 'on or off',
  'max-parallel': `a whole number from ${parallelTasks.min} to ${parallelTasks.max}`,
  'retention-days': 'a number of days, 0 for ever',
  'retention-mb': 'a number of megabytes, 0 for no limit',
  'base-url': 'an https: address, or one of this machine',
};

type ConfigHome = Pick<Terminal, 'home' | 'files'>;
export const userConfigFile = (terminal: Pick<Terminal, 'home'>): string => path.join(terminal.home, 'config.json');

/** Error: usage, when the file is not what it should be; it is never replaced behind the person's back. */
export async function readUserConfig(terminal: ConfigHome): Promise<UserConfig> {
  const file = userConfigFile(terminal);
  const text = await terminal.files.read(file);
  let value: unknown = {};
  try {
    if (text !== undefined) value = JSON.parse(text);
  } catch (error) {
    throw new OpenExecError(
      'usage',
      { problem: `${file} is not JSON. Correct it, or remove it to start with the defaults.` },
      undefined,
      { cause: error },
    );
  }
  const parsed = userConfigSchema.safeParse(value);
  if (!parsed.success) throw new OpenExecError('usage', { problem: `${file}: ${problemOf(parsed.error)}` });
  return parsed.data;
}

/** `text` as typed; undefined gives the default back. Error: usage. */
export async function changeUserConfig(
  terminal: ConfigHome,
  key: string,
  text: string | undefined,
): Promise<UserConfig> {
  const known = userConfigKeys.find((one) => one === key);
  if (!known)
    throw new OpenExecError('usage', {
      problem: `There is no setting “${key}”. There are: ${settableKeys.join(', ')}.`,
    });
  if (known === 'rules' && text !== undefined)
    throw new OpenExecError('usage', {
      problem: `Rules are edited in ${userConfigFile(terminal)}. openexec policy rules shows those that decide.`,
    });
  const { [known]: _, ...rest } = await readUserConfig(terminal);
  const parsed = userConfigSchema.safeParse(text === undefined ? rest : { ...rest, [known]: valueOf(known, text) });
  if (!parsed.success)
    throw new OpenExecError('usage', {
      problem:
        VALUES[known] === undefined
          ? problemOf(parsed.error)
          : `“${text ?? ''}” is no value of ${known}. It takes ${VALUES[known]}.`,
    });
  await terminal.files.write(userConfigFile(terminal), `${JSON.stringify(parsed.data, null, 2)}\n`, 0o600);
  return parsed.data;
}

function valueOf(key: keyof UserConfig, text: string): unknown {
  if (key === 'budget' || key === 'token-budget' || key === 'task-budget' || key === 'stage-budget')
    return text === 'none' ? null : numberOf(text);
  if (key === 'max-parallel' || key === 'retention-days' || key === 'retention-mb') return numberOf(text);
  if (key === 'commits' || key === 'commit-signing')
    return text === 'true' || text === 'on' ? true : text === 'false' || text === 'off' ? false : text;
  return text;
}

/** Number('') is 0. */
const numberOf = (text: string): number => (text.trim() === '' ? NaN : Number(text));

const problemOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`).join('; ');

/** Empty: the provider's own. */
function isAllowedAddress(text: string): boolean {
  return text === '' || (URL.canParse(text) && isSafeAddress(new URL(text)));
}
