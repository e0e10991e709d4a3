/** The person's settings as the host wants them: what the core's table says stands in VS Code. */
import * as vscode from 'vscode';
import { isSafeAddress } from '../base/safe-address.js';
import { OpenExecError } from '../core/errors.js';
import { engineSettings, fitting, SETTINGS, settingValues, type SettingRow } from '../core/model/plain/settings.js';
import type { Settings } from '../core/ports/ports.js';
import { secretKeys, settings } from './contributions.js';

/** Rules and addresses only as the person set them for themselves, whatever a folder says. */
function read(row: SettingRow, folder: vscode.WorkspaceFolder | undefined): unknown {
  const configuration = vscode.workspace.getConfiguration(undefined, folder?.uri);
  const own = row.takes === 'rules' || row.takes === 'address';
  return fitting(row, own ? configuration.inspect(row.id)?.globalValue : configuration.get(row.id));
}

export function readSettings(folder: vscode.WorkspaceFolder | undefined, isDemo: boolean): Settings {
  const values = settingValues((row) => read(row, folder));
  return engineSettings({ ...values, model: values.model === '' && isDemo ? 'recorded' : values.model });
}

export const chosenModel = (): string => String(read(SETTINGS.model, undefined));
export const opensReviews = (): boolean => read(SETTINGS.openReviews, undefined) === true;

/** Only what the person set for themselves; https, or this machine. */
export function baseUrl(): string | undefined {
  const value = String(read(SETTINGS.baseUrl, undefined));
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
