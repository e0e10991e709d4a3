import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands, contextKeys, schemes, settings, stableMenus, views } from '../../src/vscode/contributions.js';
import { panelCommandIds } from '../../src/protocol/panel.js';

interface Menu {
  command: string;
  when?: string;
  group?: string;
}
const read = (name: string) => readFileSync(path.join(__dirname, '..', '..', name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  enabledApiProposals?: unknown;
  activationEvents: string[];
  capabilities: {
    untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] };
    virtualWorkspaces: unknown;
  };
  extensionKind: string[];
  contributes: {
    commands: { command: string }[];
    views: Record<string, { id: string }[]>;
    viewsWelcome: { view: string; contents: string; when: string }[];
    menus: Record<string, Menu[]>;
    keybindings: { command: string; key: string; when: string }[];
    configuration: {
      properties: Record<string, { scope: string }>;
    };
    walkthroughs: unknown[];
  };
};
const { contributes } = manifest;
const sorted = (values: Iterable<string>) => [...new Set(values)].sort();

describe('package.json and the ids in the code', () => {
  it('names the same commands', () =>
    expect(sorted(contributes.commands.map((each) => each.command))).toEqual(sorted(Object.values(commands))));
  it('names the same views in the same container', () => {
    const { container, ...ids } = views;
    expect(sorted((contributes.views[container] ?? []).map((view) => view.id))).toEqual(sorted(Object.values(ids)));
  });
  it('wakes up for the file systems whose tabs survive a reload', () => {
    for (const scheme of Object.values(schemes)) expect(manifest.activationEvents).toContain(`onFileSystem:${scheme}`);
  });
  it('never starts with the window', () => {
    for (const event of ['*', 'onStartupFinished']) expect(manifest.activationEvents).not.toContain(event);
  });
  it('uses only context keys that the code sets', () => {
    const whens = [
      ...Object.values(contributes.menus).flat(),
      ...contributes.keybindings,
      ...contributes.viewsWelcome,
    ].map((each) => each.when ?? '');
    const used = whens.flatMap((when) => when.match(/\bopenexec\.\w+/g) ?? []);
    const viewIds: string[] = Object.values(views);
    expect(
      sorted(used.filter((key) => !viewIds.includes(key) || key === contextKeys.run)).filter(
        (key) => !(Object.values(contextKeys) as string[]).includes(key),
      ),
    ).toEqual([]);
  });
  it('refers in menus and keys to commands that exist', () => {
    const known: string[] = Object.values(commands);
    for (const { command } of [...Object.values(contributes.menus).flat(), ...contributes.keybindings])
      expect(known).toContain(command);
  });
  it('has every command the panel may run', () => {
    const known: string[] = Object.values(commands);
    const later = ['openexec.exportReport', 'openexec.replayRun', 'openexec.compareRuns', 'openexec.rerunFrom']; // their buttons are hidden until they are registered
    for (const id of panelCommandIds)
      if (id.startsWith('openexec.') && !later.includes(id)) expect(known).toContain(id);
  });
});

describe('what stock VS Code grants', () => {
  it('uses stable menus only', () => {
    for (const menu of Object.keys(contributes.menus)) expect(stableMenus as readonly string[]).toContain(menu);
  });
  it('asks for no proposed API', () => expect(manifest.enabledApiProposals).toBeUndefined());
});

describe('trust', () => {
  it('lets no workspace choose the model or its address', () => {
    for (const id of [settings.model, settings.baseUrl])
      expect(['machine', 'application']).toContain(contributes.configuration.properties[id]?.scope);
  });
  it('takes what commands run and may touch from trusted workspaces only', () => {
    const { restrictedConfigurations, supported } = manifest.capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    expect(restrictedConfigurations).toEqual(
      expect.arrayContaining([settings.lint, settings.test, settings.build, settings.sandbox, settings.approval]),
    );
  });
  it('runs where the files are', () => expect(manifest.extensionKind).toEqual(['workspace']));
});

describe('keys', () => {
  it('are bound to the own context key and never mean an edit when they miss', () => {
    for (const { key, when } of contributes.keybindings) {
      expect(when).toContain(contextKeys.reviewing);
      expect(key).not.toMatch(/^alt\+(up|down|backspace)$/);
    }
  });
});

describe('strings', () => {
  const nls = JSON.parse(read('package.nls.json')) as Record<string, string>;
  const used = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
  it('has every key that package.json uses, and no other', () =>
    expect(sorted(used)).toEqual(sorted(Object.keys(nls))));
  it('speaks plainly', () => {
    for (const text of Object.values(nls)) expect(text).not.toMatch(/!|\bOops\b|successfully|please|simply/i);
  });
});
