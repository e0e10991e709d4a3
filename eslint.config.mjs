// What the compiler does not see and a reader easily misses: promises, forgotten cases, unsafe types, a clock in the core.
// Typed rules, and none about style: Biome writes that. Four measures at the end are warnings, and their number only sinks
// (scripts/lint.mjs). An exception is made here with its reason, or in the line with one.
import { defineConfig } from 'eslint/config';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { wordsOnce } from './scripts/lib/words-once.mjs';

/** The reason of an abort may be anything, and is handed on as it is. */
const asItCame = { allowThrowingAny: true, allowThrowingUnknown: true };

const promises = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': ['error', asItCame],
  '@typescript-eslint/only-throw-error': ['error', asItCame],
};

const types = {
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-assertions': [
    'error',
    { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
  ],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-deprecated': 'error',
};

const unsafe = (level) => ({
  '@typescript-eslint/no-unsafe-argument': level,
  '@typescript-eslint/no-unsafe-assignment': level,
  '@typescript-eslint/no-unsafe-call': level,
  '@typescript-eslint/no-unsafe-member-access': level,
  '@typescript-eslint/no-unsafe-return': level,
});

const deepChoice = {
  selector: 'ConditionalExpression > ConditionalExpression > ConditionalExpression > ConditionalExpression',
  message: 'A choice three deep in others is a function with returns, or a table.',
};

/** Words, icons and tones of what happened are made once: in core/view. */
const eventSwitch = {
  selector: 'SwitchStatement[discriminant.object.name="event"][discriminant.property.name="type"]',
  message: 'What an event says is described in src/core/view/events.ts; a door paints it.',
};

const values = {
  eqeqeq: 'error',
  'no-param-reassign': 'error',
  'no-console': 'error',
  '@typescript-eslint/no-shadow': ['error', { allow: ['_'] }],
  'no-restricted-syntax': ['error', deepChoice],
};

const measures = (level) => ({
  'max-params': [level, 5],
  'max-depth': [level, 4],
  'max-lines-per-function': [level, { max: 100, skipBlankLines: true, skipComments: true }],
  complexity: [level, 15],
});

const clock = 'Time is asked for through the port Clock.';
const ids = 'Randomness comes through the port Ids.';
const ports = 'The core knows the world only through ports.';

const pure = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: clock })),
    ...['process', 'Buffer', 'fetch', 'WebSocket'].map((name) => ({ name, message: ports })),
    { name: 'crypto', message: ids },
  ],
  'no-restricted-properties': [
    'error',
    { object: 'AbortSignal', property: 'timeout', message: clock },
    { object: 'Date', property: 'now', message: clock },
    { object: 'Math', property: 'random', message: ids },
  ],
  'no-restricted-syntax': [
    'error',
    deepChoice,
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clock },
    { selector: 'CallExpression[callee.name="Date"]', message: clock },
  ],
};

export default defineConfig(
  { ignores: ['**/*.d.ts', '**/*.d.mts', 'scripts/vscode/**'] },
  {
    files: ['{src,webview-ui,test}/**/*.{ts,tsx}', 'scripts/**/*.mjs'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: ['tsconfig.json', 'scripts/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { ...promises, ...types, ...unsafe('error'), ...values, ...measures('warn') },
  },
  {
    name: 'a function of more than 100 lines has its reason beside it',
    files: ['{src,webview-ui}/**'],
    rules: { 'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }] },
  },
  { name: 'no clock, no chance, no process', files: ['src/{core,base}/**'], rules: pure },
  {
    name: 'sql.js is compiled from C and tells nothing of the types inside it',
    files: ['src/adapters/sqlite/system-calls.ts'],
    rules: { ...unsafe('off'), '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    name: 'doors have no words of their own for what happened; the outline folds events, the detail pane lays out their facts',
    files: ['src/{vscode,terminal,protocol,lsp}/**', 'webview-ui/**'],
    ignores: ['webview-ui/store/**', 'webview-ui/run/detail.tsx'],
    plugins: { local: { rules: { 'words-once': wordsOnce } } },
    rules: { 'no-restricted-syntax': ['error', deepChoice, eventSwitch], 'local/words-once': 'error' },
  },
  {
    name: 'hooks',
    files: ['webview-ui/**'],
    plugins: { 'react-hooks': hooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    name: 'a matcher of vitest is any, a part of a value stands for the whole, a test is as long as its story',
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      'no-console': 'off',
      ...measures('off'),
    },
  },
  {
    name: 'plain JavaScript: it speaks to a terminal, and its values have no types',
    files: ['scripts/**'],
    rules: { ...unsafe('off'), 'no-console': 'off' },
  },
);
