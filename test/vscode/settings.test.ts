/** One table of settings: package.json, the texts, README and both doors hold what it says. `npm run settings` writes package.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineSettings, settingRows, settingValues, type SettingRow } from '../../src/core/model/plain/settings.js';
import { userConfigSchema, valuesOf } from '../../src/terminal/user-config.js';

vi.mock('vscode', () => import('../fakes/vscode.js'));
const { readSettings } = await import('../../src/vscode/settings.js');
const { configured } = await import('../fakes/vscode.js');

const file = (name: string) => path.join(__dirname, '..', '..', name);
const read = (name: string) => readFileSync(file(name), 'utf8');
const textOf = ({ id }: SettingRow) => id.replace('openexec.', 'setting.');

interface Manifest {
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: { configuration: { properties: Record<string, { items?: { properties?: unknown } }> } };
}

function shape(row: SettingRow): Record<string, unknown> {
  switch (row.takes) {
    case 'switch':
      return { type: 'boolean', default: row.default };
    case 'choice':
      return {
        type: 'string',
        enum: row.of,
        enumDescriptions: row.of.map((one) => `%${textOf(row)}.${one}%`),
        default: row.default,
      };
    case 'limit':
      return { type: 'number', minimum: 0, default: row.default ?? 0 };
    case 'count':
      return { type: 'integer', minimum: row.min, maximum: row.max, default: row.default };
    case 'lines':
      return { type: 'array', items: { type: 'string' }, default: row.default };
    case 'rules':
      return { type: 'array', default: row.default };
    default:
      return { type: 'string', default: row.default };
  }
}

/** package.json as the table wants it. The form of a rule stays as it is written there. */
function manifest(): Manifest {
  const now = JSON.parse(read('package.json')) as Manifest;
  const before = now.contributes.configuration.properties;
  now.contributes.configuration.properties = Object.fromEntries(
    settingRows.map(([, row], index) => {
      const kept = row.takes === 'rules' ? { items: before[row.id]?.items ?? {} } : {};
      const said = { scope: row.scope, order: index + 1, markdownDescription: `%${textOf(row)}%` };
      return [row.id, { ...shape(row), ...said, ...kept }];
    }),
  );
  // What a folder may set decides about what runs or is written: it counts where the folder is trusted.
  now.capabilities.untrustedWorkspaces.restrictedConfigurations = settingRows
    .filter(([, row]) => row.scope === 'resource')
    .map(([, row]) => row.id);
  return now;
}

describe('the table of settings', () => {
  it('is what package.json offers (write it anew with npm run settings)', () => {
    const text = `${JSON.stringify(manifest(), null, 2)}\n`;
    if (process.env['UPDATE_SETTINGS']) writeFileSync(file('package.json'), text);
    expect(read('package.json')).toBe(text);
  });
  it('says in package.nls.json what each setting and each of its choices does', () => {
    const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
    for (const [, row] of settingRows) {
      const choices = row.takes === 'choice' ? row.of.map((one) => `${textOf(row)}.${one}`) : [];
      for (const key of [textOf(row), ...choices]) expect(texts[key], key).toMatch(/\w/);
    }
  });
  it('is README’s: every name in VS Code and in the terminal, and every default that is a value', () => {
    const [, section = ''] = /^## Settings\n([\s\S]*?)\n## /m.exec(read('README.md')) ?? [];
    const lines = section.split('\n').filter((line) => line.startsWith('| `'));
    const named = lines.flatMap((line) =>
      [...line.matchAll(/`(openexec\.(?!yaml)[\w.]+)`/g)].map((match) => match[1] ?? ''),
    );
    expect(named.sort()).toEqual(settingRows.map(([, row]) => row.id).sort());
    for (const [, row] of settingRows) {
      const line = lines.find((one) => one.includes(`\`${row.id}\``)) ?? '';
      if (row.key !== undefined) expect(line).toContain(`\`${row.key}\``);
      if (row.takes === 'choice') for (const one of row.of) expect(line, row.id).toContain(`\`${one}\``);
      if (row.takes === 'choice') expect(line).toContain(`\`${row.default}\` (default)`);
      if (typeof row.default === 'number') expect(line, row.id).toContain(String(row.default));
    }
  });
});

describe('both doors', () => {
  afterEach(() => configured.clear());
  const fromFile = (config: object) => engineSettings(valuesOf(userConfigSchema.parse(config)));
  const withoutRules = ({ rules: _, ...rest }: { rules?: unknown }) => rest;

  it('begin with the same defaults', () => {
    for (const [, row] of settingRows) configured.set(row.id, row.default ?? 0); // as package.json has them
    expect(withoutRules(readSettings(undefined, false))).toEqual(withoutRules(fromFile({})));
    configured.clear();
    expect(withoutRules(readSettings(undefined, false))).toEqual(withoutRules(fromFile({})));
  });
  it('give the engine the same for what is set: every row with a key, one after the other', () => {
    const other: Record<SettingRow['takes'], (row: SettingRow) => unknown> = {
      text: () => 'another',
      address: () => 'https://gateway.example',
      choice: (row) => row.takes === 'choice' && row.of.find((one) => one !== row.default),
      switch: (row) => !row.default,
      limit: () => 7,
      count: (row) => row.takes === 'count' && row.max,
      lines: () => ['npm test'],
      rules: () => [{ id: 'mine' }],
    };
    for (const [name, row] of settingRows) {
      const value = other[row.takes](row);
      configured.clear();
      configured.set(row.id, value);
      const { rules, ...inEditor } = readSettings(undefined, false);
      if (row.takes === 'rules') expect(rules).toEqual(value);
      const values = settingValues((one) => (one === row ? value : valuesOf(userConfigSchema.parse({}))[nameOf(one)]));
      expect(inEditor, name).toEqual(withoutRules(engineSettings(values)));
      if (row.key !== undefined) expect(withoutRules(fromFile({ [row.key]: value })), name).toEqual(inEditor);
    }
  });
  it('take no limit in their own words: 0 in the editor, null or 0 in the file', () => {
    const limits = settingRows.filter(([, row]) => row.takes === 'limit');
    for (const [, row] of limits) configured.set(row.id, 0);
    const none: Record<string, unknown> = Object.fromEntries(
      limits.map(([, row]) => [row.key, row.takes === 'limit' && row.zeroIsNone ? 0 : null]),
    );
    expect(withoutRules(readSettings(undefined, false))).toEqual(withoutRules(fromFile(none)));
    expect(fromFile(none)).toMatchObject({
      budget: { usd: null, tokens: null },
      retention: { days: null, maxBytes: null },
    });
  });
  it('take the default where a value does not fit', () => {
    for (const [, row] of settingRows) configured.set(row.id, { not: 'a value' });
    expect(withoutRules(readSettings(undefined, false))).toEqual(withoutRules(fromFile({})));
    for (const [, row] of settingRows)
      if (row.key !== undefined)
        expect(userConfigSchema.safeParse({ [row.key]: { not: 'a value' } }).success).toBe(false);
  });
});

const nameOf = (row: SettingRow) => settingRows.find(([, one]) => one === row)?.[0] ?? 'model';
