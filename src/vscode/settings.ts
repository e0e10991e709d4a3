/**
 * The person's settings as the host wants them.
 * Scopes and trust are declared in package.json: a workspace never sets a model or an address.
 */
import * as vscode from 'vscode';
import { isSafeAddress } from '../base/safe-address.js';
import { OpenExecError } from '../core/errors.js';
import type { Settings } from '../core/ports/ports.js';
import { RUN_LIMITS } from '../core/model/plain/run-limits.js';
import { secretKeys, settings, type SettingId } from './contributions.js';

function read<T>(id: SettingId, folder: vscode.WorkspaceFolder | undefined, fallback: T): T {
  const value = vscode.workspace.getConfiguration(undefined, folder?.uri).get<unknown>(id);
  const fits = Array.isArray(fallback)
    ? Array.isArray(value) && value.every((item) => typeof item === 'string')
    : typeof value === typeof fallback;
  return fits ? (value as T) : fallback;
}

function oneOf<T extends string>(
  id: SettingId,
  folder: vscode.WorkspaceFolder | undefined,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = read<string>(id, folder, fallback);
  return allowed.find((option) => option === value) ?? fallback;
}

/** 0 and below mean no limit. */
const limit = (value: number): number | null => (value > 0 ? value : null);

function partBudget(
  name: 'taskBudget' | 'stageBudget',
  id: SettingId,
  folder: vscode.WorkspaceFolder | undefined,
): Partial<Settings> {
  const usd = limit(read(id, folder, 0));
  return usd === null ? {} : { [name]: { usd, tokens: null } };
}

/** Whatever number stands in the settings, one that a run can take. */
const parallelTasks = (wanted: number): number =>
  Math.min(RUN_LIMITS.parallelTasks.max, Math.max(RUN_LIMITS.parallelTasks.min, Math.round(wanted)));

export function readSettings(folder: vscode.WorkspaceFolder | undefined, isDemo: boolean): Settings {
  const model = chosenModel();
  const tokens = limit(read(settings.budgetTokens, folder, 0));
  return {
    model: model === '' && isDemo ? 'recorded' : model,
    reviewer: read(settings.reviewer, undefined, '').trim(),
    sandbox: oneOf(settings.sandbox, folder, ['read-only', 'workspace-write', 'full-access'], 'workspace-write'),
    approval: oneOf(settings.approval, folder, ['always', 'changes', 'risky', 'never'], 'changes'),
    ...partBudget('taskBudget', settings.budgetTaskUsd, folder),
    ...partBudget('stageBudget', settings.budgetStageUsd, folder),
    budget: {
      usd: limit(read(settings.budgetUsd, folder, 5)),
      tokens: tokens === null ? null : Math.round(tokens),
      wallMs: null,
      calls: null,
    },
    commands: {
      lint: read<string[]>(settings.lint, folder, []),
      test: read<string[]>(settings.test, folder, []),
      build: read<string[]>(settings.build, folder, []),
    },
    commits: read(settings.commits, folder, true),
    signCommits: read(settings.commitSigning, folder, false),
    rules: vscode.workspace.getConfiguration().inspect<unknown>(settings.policyRules)?.globalValue,
    retention: {
      days: limit(read(settings.retentionDays, undefined, 180)),
      maxBytes: limit(read(settings.retentionMaxMB, undefined, 4096) * 1024 * 1024),
    },
    maxParallel: parallelTasks(read(settings.maxParallel, folder, RUN_LIMITS.parallelTasks.default)),
    commitBranch: oneOf<'current' | 'own'>(settings.commitBranch, folder, ['current', 'own'], 'current'),
  };
}

export const chosenModel = (): string => read(settings.model, undefined, '').trim();
export const opensReviews = (): boolean => read(settings.openReviews, undefined, true);

/** Only what the person set for themselves; https, or this machine. */
export function baseUrl(): string | undefined {
  const inspected = vscode.workspace.getConfiguration().inspect<string>(settings.baseUrl);
  const value = typeof inspected?.globalValue === 'string' ? inspected.globalValue.trim() : '';
  if (value === '') return undefined;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new OpenExecError('usage', {
      problem: vscode.l10n.t('The setting {0} is not an address: {1}', settings.baseUrl, value),
    });
  }
  if (!isSafeAddress(url))
    throw new OpenExecError('usage', {
      problem: vscode.l10n.t('The setting {0} must begin with https: {1}', settings.baseUrl, value),
    });
  return value;
}

export const apiKey = (secrets: vscode.SecretStorage): Thenable<string | undefined> =>
  secrets.get(secretKeys.anthropic);
