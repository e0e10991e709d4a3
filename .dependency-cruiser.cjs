/** The layering of ARCHITECTURE.md. A new arrow is a decision: change it here and there together. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|webview-ui)/', pathNot: allowed },
});

/** The rooms of the core, lowest first: a room imports itself, what stands on a line before its own, and where `beside` says so, more. */
const rooms = [
  ['model'],
  ['text', 'ports'],
  ['patch'],
  ['view', 'blueprint', 'plan', 'tools', 'policy'],
  ['project', 'permission', 'record'],
  ['models'],
  ['context', 'planner'],
  ['engine'],
  ['report'],
  ['requests'],
];
/** The rooms of the engine. Rollback stands on effects and serves requests alone. */
const engineRooms = [['effects'], ['agent', 'rollback'], ['stages'], ['places'], ['tasks'], ['runs'], ['replay']];

const below = (lines, folder, always) =>
  lines.flatMap((line, index) =>
    line.map((room) => {
      const allowed = lines.slice(0, index).flat().concat(room).join('|');
      return {
        name: `${folder.split('/').pop()}-room-${room}`,
        comment: `${room} may import ${lines.slice(0, index).flat().join(', ') || 'no other room'}`,
        severity: 'error',
        from: { path: `^src/${folder}/${room}/` },
        to: { path: `^src/${folder}/`, pathNot: `^src/${folder}/(${allowed})/${always}` },
      };
    }),
  );

module.exports = {
  forbidden: [
    ...below(rooms, 'core', '|^src/core/errors[.]ts$'),
    ...below(engineRooms, 'core/engine', ''),
    only('base-imports-nothing', '^src/base/', '^src/base/', 'base is for everyone, so it knows no one'),
    only('core-is-pure', '^src/core/', '^src/(core|base)/', 'the product knows the world only through ports'),
    {
      name: 'core-has-few-libraries',
      comment: 'no vscode, no node:, no SDK in the core',
      severity: 'error',
      from: { path: '^src/(core|base)/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'],
        pathNot: '(^|node_modules/)(zod|yaml|diff|node-diff3|jsonrepair|picomatch)(/|$)',
      },
    },
    only('model-is-values', '^src/core/model/', '^src/(core/model|base)/', 'plain values and schemas'),
    only(
      'protocol-is-types',
      '^src/protocol/',
      '^src/(protocol|core/model|core/errors|core/facade|base)',
      'messages only',
    ),
    only(
      'adapters-implement-ports',
      '^src/adapters/',
      '^src/(adapters|core|base|protocol)/',
      'never vscode, never a door',
    ),
    {
      name: 'adapters-not-one-another',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'no-vscode-outside-vscode',
      severity: 'error',
      from: { path: '^(src|webview-ui)/', pathNot: '^src/(vscode/|extension)' },
      to: { path: '^vscode$' },
    },
    only(
      'lsp-reads-text',
      '^src/lsp/',
      '^src/(lsp|core|base|protocol)/',
      'the language server has the core’s rules and none of its own; lsp.ts wires it',
    ),
    only(
      'webview-imports-values',
      '^webview-ui/',
      '^(webview-ui/|src/protocol/|src/core/(model|view|text)/|src/base/)',
      'the webview holds view state only; what a person reads comes from core/view',
    ),
    only(
      'vscode-through-the-facade',
      '^src/vscode/',
      '^src/(vscode|protocol|core|base)/',
      'host.js is loaded by extension.ts when first needed',
    ),
    only(
      'terminal-through-the-facade',
      '^src/terminal/',
      '^src/(terminal|protocol|core|base)/',
      'cli.ts brings the adapters and loads host.js when first needed',
    ),
    {
      name: 'no-cycles',
      comment: 'a type alone ties nothing together at run time',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, path: '^[^v]' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
