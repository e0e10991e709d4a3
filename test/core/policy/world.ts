/** A folder for judging in, without a disk: what is in it, where its links lead, which programs there are. */
import { explain } from '../../../src/core/permission/explain.js';
import { questionSchema, type Question } from '../../../src/core/model/policy.js';
import type { JudgeWorld } from '../../../src/core/permission/judge.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import type { Facts, Policy } from '../../../src/core/policy/index.js';
import { DEFAULTS, ROOT, parser } from './check.js';

export interface Place {
  /** Files by path; a text beginning with `-> ` is a link to what follows (`-> !` leads out of the root). */
  files?: Readonly<Record<string, string>>;
  programs?: Readonly<Record<string, { path: string; workspacePath?: string }>>;
}

export function worldOf({ files = {}, programs = {} }: Place = {}): JudgeWorld {
  const folders = new Set(
    Object.keys(files).flatMap((path) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, at, parts) => parts.slice(0, at + 1).join('/')),
    ),
  );
  return {
    root: asRoot(ROOT),
    shell: parser,
    locate: async (_root, name) => programs[name] ?? { path: `/usr/bin/${name}` },
    workspace: {
      async stat(_root, path) {
        const through = path
          .split('/')
          .map((_, at, parts) => parts.slice(0, at + 1).join('/'))
          .find((part) => Object.hasOwn(files, part) && files[part]?.startsWith('-> '));
        const text = through === undefined ? (Object.hasOwn(files, path) ? files[path] : undefined) : files[through];
        if (text?.startsWith('-> !')) return { kind: 'other', size: 0, realPath: undefined, viaLink: true };
        if (text?.startsWith('-> ')) return { kind: 'file', size: 1, realPath: text.slice(3), viaLink: true };
        if (text !== undefined) return { kind: 'file', size: text.length, realPath: path, viaLink: false, links: 1 };
        return folders.has(path) ? { kind: 'directory', size: 0, realPath: path, viaLink: false } : undefined;
      },
      read: async (_root, path) => (Object.hasOwn(files, path) ? new TextEncoder().encode(files[path]) : undefined),
      list: async (_root, path) =>
        [
          ...new Set(
            Object.keys(files)
              .filter((file) => path === '' || file.startsWith(`${path}/`))
              .map((file) => file.slice(path === '' ? 0 : path.length + 1))
              .map((rest) => (rest.includes('/') ? `${rest.split('/')[0]}/` : rest)),
          ),
        ].sort(),
    },
  };
}

export const judged = (
  question: Partial<Question> & ({ cmd: string } | { argv: string[] } | { path: string }),
  place: Place = {},
  policy: Partial<Policy> = {},
  facts: Facts = {},
) => explain(questionSchema.parse(question), { ...DEFAULTS, ...policy }, worldOf(place), facts);
