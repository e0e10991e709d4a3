/**
 * The shipped rules as a person reads them: each with its effect, its id, why, and what it covers.
 * The data is in `rules/`.
 */
import type { Effect } from '../model/policy.js';
import { knownCommands, type Grammar } from './known-commands.js';
import { PROTECTED_PATHS, type ProtectedPath } from './protected-paths.js';
import { ASKED_PROGRAMS, DENIED_PROGRAMS, FIRM_PROGRAMS, type NamedRule } from './risky-commands.js';

export interface ShippedRules {
  title: string;
  rules: { effect: Effect; rule: string; reason: string; names: readonly string[] }[];
}

export function shippedRules(): ShippedRules[] {
  const path =
    (effect: Effect) =>
    ({ id, reason, any, file, path: paths, like }: ProtectedPath) => ({
      effect,
      rule: id,
      reason,
      names: [...any.map((name) => `${name}/`), ...file, ...paths, ...like],
    });
  const program =
    (effect: Effect) =>
    ({ rule, reason, names }: NamedRule) => ({ effect, rule, reason, names });
  const { tools, families } = knownCommands();
  const verbs = families.flatMap((family) =>
    family.subs.map((sub) => ({
      ...sub,
      names: new Set([...family.names].flatMap((name) => [...sub.names].map((verb) => `${name} ${verb}`))),
    })),
  );
  const known = (kind: Grammar['kind']) =>
    [...tools, ...verbs].filter((one) => one.kind === kind).flatMap(({ names }) => [...names]);
  return [
    { title: 'Paths: never, in any mode', rules: PROTECTED_PATHS.deny.map(path('deny')) },
    { title: 'Paths: always asked about when they are written', rules: PROTECTED_PATHS.ask.map(path('ask')) },
    { title: 'Programs: never', rules: DENIED_PROGRAMS.map(program('deny')) },
    { title: 'Programs: always asked about', rules: FIRM_PROGRAMS.map(program('ask')) },
    { title: 'Programs: asked about', rules: ASKED_PROGRAMS.map(program('ask')) },
    {
      title: 'Programs that run unasked with the options OpenExec knows; everything else is asked about',
      rules: [
        { effect: 'allow', rule: 'command.read-only', reason: 'only reads', names: known('read') },
        {
          effect: 'allow',
          rule: 'command.known-tool',
          reason: 'tests, lints, checks types or builds',
          names: known('check'),
        },
      ],
    },
  ];
}
