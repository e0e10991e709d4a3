/**
 * What a person can set, in one table: its name in VS Code and at the command line, what it takes, its default.
 * `npm run settings` writes package.json's rows from it; both doors read it row by row. What a row does is said in
 * package.nls.json and README, and a test compares all of them. The order is the one of VS Code's Settings editor.
 */
import { RUN_LIMITS } from './run-limits.js';

interface Named {
  /** In VS Code. */
  id: `openexec.${string}`;
  /** In config.json and for `openexec config set`; absent: of the editor, or of a file of the project. */
  key?: string;
  /**
   * Whose it is, as VS Code has it. `resource`: a folder may set it, where it is trusted; `machine` and `application`
   * are the person's alone: a folder never chooses a model, an address, a rule.
   */
  scope: 'machine' | 'application' | 'resource' | 'window';
}
/** Without a limit it is null: `none` at the command line, or 0 where that says the same; 0 in VS Code. */
interface Limit {
  takes: 'limit';
  in: 'USD' | 'tokens' | 'days' | 'MB';
  zeroIsNone?: true;
  default: number | null;
}
export type SettingRow = Named &
  (
    | { takes: 'text' | 'address'; default: string }
    | { takes: 'choice'; of: readonly string[]; default: string }
    | { takes: 'switch'; default: boolean }
    | Limit
    | { takes: 'count'; min: number; max: number; default: number }
    | { takes: 'lines'; default: readonly string[] }
    | { takes: 'rules'; default: readonly unknown[] }
  );

export const SETTINGS = {
  /** `recorded` or a provider's model id; '' = none chosen. */
  model: { id: 'openexec.model', key: 'model', scope: 'machine', takes: 'text', default: '' },
  /** Reads the changes of a task before they are committed; '' = nobody does. */
  reviewer: { id: 'openexec.reviewer', key: 'reviewer', scope: 'machine', takes: 'text', default: '' },
  /** Of an Anthropic-compatible endpoint: https, or this machine; '' = the provider's own. */
  baseUrl: { id: 'openexec.anthropic.baseUrl', key: 'base-url', scope: 'application', takes: 'address', default: '' },
  approval: {
    id: 'openexec.approval',
    key: 'approval',
    scope: 'resource',
    takes: 'choice',
    of: ['always', 'changes', 'risky', 'never'],
    default: 'changes',
  },
  sandbox: {
    id: 'openexec.sandbox',
    key: 'sandbox',
    scope: 'resource',
    takes: 'choice',
    of: ['read-only', 'workspace-write', 'full-access'],
    default: 'workspace-write',
  },
  /** A run's. */
  budgetUsd: { id: 'openexec.budget.usd', key: 'budget', scope: 'resource', takes: 'limit', in: 'USD', default: 5 },
  budgetTokens: {
    id: 'openexec.budget.tokens',
    key: 'token-budget',
    scope: 'resource',
    takes: 'limit',
    in: 'tokens',
    default: null,
  },
  /** Of one task, and of one visit of a stage, within the run's. */
  taskUsd: {
    id: 'openexec.budget.task.usd',
    key: 'task-budget',
    scope: 'resource',
    takes: 'limit',
    in: 'USD',
    default: null,
  },
  stageUsd: {
    id: 'openexec.budget.stage.usd',
    key: 'stage-budget',
    scope: 'resource',
    takes: 'limit',
    in: 'USD',
    default: null,
  },
  commits: { id: 'openexec.commits', key: 'commits', scope: 'resource', takes: 'switch', default: true },
  /** Commits go to the checked-out branch, or each run makes one of its own, openexec/<run>, and checks it out. */
  commitBranch: {
    id: 'openexec.commit.branch',
    key: 'commit-branch',
    scope: 'resource',
    takes: 'choice',
    of: ['current', 'own'],
    default: 'current',
  },
  /** Commits are signed where git signs the person's own. */
  signCommits: {
    id: 'openexec.commit.signing',
    key: 'commit-signing',
    scope: 'resource',
    takes: 'switch',
    default: false,
  },
  /** Tasks of parallel stories at once. */
  maxParallel: {
    id: 'openexec.maxParallel',
    key: 'max-parallel',
    scope: 'resource',
    takes: 'count',
    ...RUN_LIMITS.parallelTasks,
  },
  /** Empty lists: openexec.yaml, else what the repository's facts say. */
  lint: { id: 'openexec.commands.lint', scope: 'resource', takes: 'lines', default: [] },
  test: { id: 'openexec.commands.test', scope: 'resource', takes: 'lines', default: [] },
  build: { id: 'openexec.commands.build', scope: 'resource', takes: 'lines', default: [] },
  /** The person's own, unchecked: they are checked where they are used. */
  rules: { id: 'openexec.policy.rules', key: 'rules', scope: 'machine', takes: 'rules', default: [] },
  openReviews: { id: 'openexec.review.openByItself', scope: 'window', takes: 'switch', default: true },
  /** Finished runs older than this are removed. */
  retentionDays: {
    id: 'openexec.retention.days',
    key: 'retention-days',
    scope: 'application',
    takes: 'limit',
    in: 'days',
    zeroIsNone: true,
    default: 180,
  },
  /** Above this the oldest finished runs are removed. */
  retentionMaxMB: {
    id: 'openexec.retention.maxMB',
    key: 'retention-mb',
    scope: 'application',
    takes: 'limit',
    in: 'MB',
    zeroIsNone: true,
    default: 4096,
  },
} as const satisfies Record<string, SettingRow>;

type Table = typeof SETTINGS;
export type SettingName = keyof Table;
/** `SETTINGS` for whoever goes through all of it. */
export const settingRows = Object.entries(SETTINGS) as readonly [SettingName, SettingRow][];

type ValueOf<Row> = Row extends { takes: 'choice'; of: readonly (infer One)[] }
  ? One
  : Row extends { takes: 'limit' }
    ? number | null
    : Row extends { takes: 'count' }
      ? number
      : Row extends { takes: 'switch' }
        ? boolean
        : Row extends { takes: 'lines' }
          ? string[]
          : Row extends { takes: 'rules' }
            ? unknown
            : string;
export type SettingValues = { -readonly [Name in SettingName]: ValueOf<Table[Name]> };

/** Every setting, as `valueOf` gives it. */
export const settingValues = (valueOf: (row: SettingRow) => unknown): SettingValues =>
  Object.fromEntries(settingRows.map(([name, row]) => [name, valueOf(row)])) as SettingValues;

/** Whatever stands in the settings: a value that the row takes, or its default. A count is brought between its ends. */
export function fitting(row: SettingRow, value: unknown): unknown {
  switch (row.takes) {
    case 'text':
    case 'address':
      return typeof value === 'string' ? value.trim() : row.default;
    case 'choice':
      return row.of.find((one) => one === value) ?? row.default;
    case 'switch':
      return typeof value === 'boolean' ? value : row.default;
    case 'limit':
      if (typeof value !== 'number') return row.default;
      return value > 0 ? (row.in === 'tokens' ? Math.ceil(value) : value) : null;
    case 'count':
      return typeof value === 'number' ? Math.min(row.max, Math.max(row.min, Math.round(value))) : row.default;
    case 'lines':
      return Array.isArray(value) && value.every((line) => typeof line === 'string') ? value : [...row.default];
    case 'rules':
      return value; // one that is no list stops runs until it is right
  }
}

type Grouped =
  | 'budgetUsd'
  | 'budgetTokens'
  | 'taskUsd'
  | 'stageUsd'
  | 'retentionDays'
  | 'retentionMaxMB'
  | 'lint'
  | 'test'
  | 'build';
type OfADoor = 'baseUrl' | 'openReviews';
/** Those the engine takes as they stand in the table. */
export type PlainSettings = Omit<SettingValues, Grouped | OfADoor>;

const bytes = (megabytes: number | null): number | null => megabytes && megabytes * 1024 * 1024;
/** How long finished runs are kept. */
export const retentionOf = (values: Pick<SettingValues, 'retentionDays' | 'retentionMaxMB'>) => ({
  days: values.retentionDays,
  maxBytes: bytes(values.retentionMaxMB),
});
const part = (usd: number | null) => (usd === null ? undefined : { usd, tokens: null });

/** As the engine takes them. */
export function engineSettings(values: SettingValues) {
  const { baseUrl, openReviews, ...engine } = values;
  const { budgetUsd, budgetTokens, taskUsd, stageUsd, lint, test, build, ...rest } = engine;
  const { retentionDays, retentionMaxMB, ...plain } = rest;
  const [taskBudget, stageBudget] = [part(taskUsd), part(stageUsd)];
  return {
    ...plain,
    budget: { usd: budgetUsd, tokens: budgetTokens, wallMs: null, calls: null },
    ...(taskBudget && { taskBudget }),
    ...(stageBudget && { stageBudget }),
    commands: { lint, test, build },
    retention: retentionOf({ retentionDays, retentionMaxMB }),
  };
}
