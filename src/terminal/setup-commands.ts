/** Starting in a folder, and the person's own settings. */
import path from 'node:path';
import { stringify } from 'yaml';
import { asRoot } from '../core/model/primitives.js';
import { commandsFor } from '../core/project/commands.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { columns, oneLine } from './style.js';
import { changeUserConfig, readUserConfig, userConfigFile, userConfigKeys } from './user-config.js';

const INTENT = `# Intent

## Problem

What is missing or wrong today, and for whom.

## Goals

- G-001: What is true when this is done.
  - Success criteria: how anybody can tell.
  - Verification: \`a command\`

## Constraints

- What must stay as it is.
`;

/**
 * Makes openexec.yaml with the commands the repository's facts name, and an INTENT.md to fill in.
 * What is there already stays.
 */
export async function init(context: Context): Promise<ExitCode> {
  const { files } = context.terminal;
  const root = await context.root();
  const made: string[] = [];
  const kept: string[] = [];
  const make = async (name: string, there: readonly string[], text: () => Promise<string>): Promise<void> => {
    for (const other of there) {
      if ((await files.kind(path.join(root, other))) !== undefined) {
        kept.push(other);
        return;
      }
    }
    await files.write(path.join(root, name), await text());
    made.push(name);
  };
  await make('openexec.yaml', ['openexec.yaml', '.openexec/openexec.yaml'], async () => {
    const { commands } = await commandsFor(await context.terminal.workspace(), asRoot(root), context.signal);
    return `# The commands that lint, test and build this repository. Every task runs them before its work counts as done.\n${stringify({ version: 1, commands })}`;
  });
  await make('INTENT.md', ['INTENT.md'], async () => INTENT);
  if (context.json) context.document({ root, made, kept });
  else {
    for (const name of made) context.line(`made ${name}`);
    for (const name of kept) context.line(`${name} is there already and was left as it is`);
    context.note('Next: describe what you want in INTENT.md, then openexec generate');
  }
  return EXIT.done;
}

export async function showConfig(context: Context): Promise<ExitCode> {
  const config = await readUserConfig(context.terminal);
  const file = userConfigFile(context.terminal);
  const key = context.terminal.env['ANTHROPIC_API_KEY'] ? 'set, from ANTHROPIC_API_KEY' : 'not set';
  if (context.json) context.document({ file, config, apiKey: Boolean(context.terminal.env['ANTHROPIC_API_KEY']) });
  else {
    context.line(columns(userConfigKeys.map((name) => [name, shown(config[name], context)])));
    context.line(`API key: ${key}`);
    context.line(context.style.dim(file));
  }
  return EXIT.done;
}

function shown(value: unknown, { style }: Context): string {
  if (Array.isArray(value))
    return value.length === 0 ? style.dim('none') : `${value.length} of your own: openexec policy rules`;
  if (value === '') return style.dim('not set');
  return value === null ? 'none' : oneLine(String(value));
}

export async function setConfig(context: Context, name: string, value: string | undefined): Promise<ExitCode> {
  const config = await changeUserConfig(context.terminal, name, value);
  if (context.json) context.document({ config });
  else context.line(`${name}: ${String(config[name] ?? 'none') || 'not set'}`);
  return EXIT.done;
}
