/**
 * The person's own settings for the command line: one small JSON file in the data home, never in a repository.
 * Keys of providers are not kept there.
 */
import path from 'node:path';
import { z } from 'zod';
import { isSafeAddress } from '../base/safe-address.js';
import { OpenExecError } from '../core/errors.js';
import { settingRows, settingValues, type SettingRow, type SettingValues } from '../core/model/plain/settings.js';
import type { Terminal } from './terminal.js';

type Keyed = SettingRow & { key: string };
const rows = new Map(settingRows.flatMap(([, row]) => (hasKey(row) ? [[row.key, row] as const] : [])));
function hasKey(row: SettingRow): row is Keyed {
  return row.key !== undefined;
}

export const userConfigSchema = z.strictObject(
  Object.fromEntries([...rows].map(([key, row]) => [key, schemaOf(row).default(defaultOf(row))])),
);
/** By the keys of the table, as it stands in the file. */
export type UserConfig = z.infer<typeof userConfigSchema>;
export const userConfigKeys = [...rows.keys()];
/** Those of one value each; rules are edited in the file. */
export const settableKeys = userConfigKeys.filter((key) => key !== 'rules');

function schemaOf(row: SettingRow): z.ZodType {
  switch (row.takes) {
    case 'text':
      return z.string().max(200);
    case 'address':
      return z.string().refine(isAllowedAddress, 'must begin with https:, or name this machine');
    case 'choice':
      return z.enum(row.of);
    case 'switch':
      return z.boolean();
    case 'count':
      return z.number().int().min(row.min).max(row.max);
    case 'limit': {
      const amount = row.in === 'tokens' ? z.number().int() : z.number();
      return row.zeroIsNone ? amount.min(0) : amount.positive().nullable();
    }
    case 'lines':
      return z.array(z.string());
    case 'rules':
      return z.array(z.unknown()).max(1000);
  }
}

/** As it is written in the file. */
function defaultOf(row: SettingRow): unknown {
  return row.takes === 'limit' && row.zeroIsNone ? (row.default ?? 0) : row.default;
}

const LIMITS = {
  USD: 'an amount in USD above 0, or none',
  tokens: 'a whole number of tokens above 0, or none',
  days: 'a number of days, 0 for ever',
  MB: 'a number of megabytes, 0 for no limit',
} as const;

/** What the row takes, for the person; undefined where zod says more. */
function takes(row: SettingRow): string | undefined {
  switch (row.takes) {
    case 'choice':
      return row.of.join(row.of.length === 2 ? ' or ' : ', ');
    case 'switch':
      return 'on or off';
    case 'count':
      return `a whole number from ${row.min} to ${row.max}`;
    case 'limit':
      return LIMITS[row.in];
    case 'address':
      return 'an https: address, or one of this machine';
    default:
      return undefined;
  }
}

/** Settings that have no key here are as if nobody had set them. */
export const valuesOf = (config: UserConfig): SettingValues =>
  settingValues((row) => {
    const value = row.key === undefined ? defaultOf(row) : config[row.key];
    return row.takes === 'limit' ? value || null : value;
  });

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
  const row = rows.get(key);
  if (!row)
    throw new OpenExecError('usage', {
      problem: `There is no setting “${key}”. There are: ${settableKeys.join(', ')}.`,
    });
  if (row.takes === 'rules' && text !== undefined)
    throw new OpenExecError('usage', {
      problem: `Rules are edited in ${userConfigFile(terminal)}. openexec policy rules shows those that decide.`,
    });
  const { [key]: _, ...rest } = await readUserConfig(terminal);
  const parsed = userConfigSchema.safeParse(text === undefined ? rest : { ...rest, [key]: typed(row, text) });
  if (!parsed.success) {
    const those = takes(row);
    throw new OpenExecError('usage', {
      problem:
        those === undefined ? problemOf(parsed.error) : `“${text ?? ''}” is no value of ${key}. It takes ${those}.`,
    });
  }
  await terminal.files.write(userConfigFile(terminal), `${JSON.stringify(parsed.data, null, 2)}\n`, 0o600);
  return parsed.data;
}

function typed(row: SettingRow, text: string): unknown {
  if (row.takes === 'limit' && !row.zeroIsNone && text === 'none') return null;
  if (row.takes === 'limit' || row.takes === 'count') return numberOf(text);
  if (row.takes === 'switch')
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
