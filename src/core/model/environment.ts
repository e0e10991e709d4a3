/** The programs a project brings or asks for: a virtual environment, node_modules/.bin, a version of a language. */
import { z } from 'zod';
import { hashSchema } from './primitives.js';

export const environmentKindSchema = z.enum([
  'venv',
  'node-modules',
  'poetry',
  'pipenv',
  'conda',
  'pyenv',
  'nvm',
  'fnm',
  'volta',
  'asdf',
  'mise',
  'wrapper',
]);
export type EnvironmentKind = z.infer<typeof environmentKindSchema>;

export const projectEnvironmentSchema = z.object({
  kind: environmentKindSchema,
  /** As people say it: `Python`, `Node.js`, `Gradle`. */
  language: z.string(),
  /** '' where nothing says it. */
  version: z.string(),
  /** What it was found by: a path from the root (`.venv`, `../node_modules`), or an absolute one. */
  place: z.string(),
  /** Absolute folders of programs, in order. Empty: it is named only, or it is not installed. */
  folders: z.array(z.string()),
  variables: z.record(z.string(), z.string()),
  /** Names in the folders: what is new can be said. */
  programs: z.array(z.string()),
  /** It lies in the project, or the project says where: nothing of it runs before a person approved it. */
  asks: z.boolean(),
  /** Asked for by a file of the project, and not there. */
  missing: z.boolean(),
  /** Over kind, real path, version, and names, sizes and link targets of the programs. */
  hash: hashSchema,
});
export type ProjectEnvironment = z.infer<typeof projectEnvironmentSchema>;

/** `declined`: a person said that commands go on without it. `named`: there is nothing to use. */
export const environmentStateSchema = z.enum(['used', 'new', 'changed', 'declined', 'missing', 'named']);

export const environmentHereSchema = projectEnvironmentSchema.omit({ programs: true, variables: true }).extend({
  state: environmentStateSchema,
  /** Programs that came and went since it was approved; at most 50 of each. */
  came: z.array(z.string()),
  went: z.array(z.string()),
});
export type EnvironmentHere = z.infer<typeof environmentHereSchema>;
