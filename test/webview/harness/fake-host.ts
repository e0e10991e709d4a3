/** Stands where VS Code stands: `acquireVsCodeApi` for the page, and behind it the panel's real link over a world of data. Loaded before the page's script. */
import { OpenExecError } from '../../../src/core/errors.js';
import { plain } from '../../../src/core/view/sentences.js';
import { panelCommandIds, type ToWebview } from '../../../src/protocol/panel.js';
import { createPanelLink, type PanelFacts } from '../../../src/vscode/panel/panel-link.js';
import { ROOT } from './data.js';
import { fakeFacade } from './facade.js';
import { longRun } from './long-run.js';
import * as scenes from './scenes.js';

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'live';
const worlds = {
  ...scenes,
  ...{
    'no-folder': scenes.empty,
    untrusted: scenes.empty,
    held: scenes.live,
    'no-model': scenes.planned,
    other: scenes.live,
    gone: scenes.live,
    loading: scenes.live,
  },
} as Record<string, unknown>;
const world = /^real-\d+$/.test(scene)
  ? longRun(Number(scene.slice(5)))
  : /^long-\d+$/.test(scene)
    ? scenes.long(Number(scene.slice(5)))
    : (worlds[scene] as () => ReturnType<typeof scenes.live>)();
const facade = fakeFacade(world, {
  pid: scene === 'other' || scene === 'gone' ? 4711 : 1,
  ...(scene === 'no-model' ? { model: '' } : {}),
});

const facts: PanelFacts = {
  trusted: scene !== 'untrusted',
  roots: scene === 'no-folder' ? [] : [{ path: ROOT, name: 'quotes-api' }],
  commands: panelCommandIds.filter((id) => scene === 'failed' || id !== 'openexec.exportReport'),
  locale: 'en',
  l10n: {},
};
const harness = {
  commands: [] as { id: string; args: unknown }[],
  opened: [] as string[],
  warnings: [] as string[],
  posted: 0,
  facade,
  world,
};
let stored: unknown = JSON.parse(sessionStorage.getItem('state') ?? query.get('state') ?? 'null') ?? undefined;

const link = createPanelLink({
  post: (message: ToWebview) => {
    // its owner answers no more once the page knows where it is
    if (scene === 'gone' && message.type === 'environment' && harness.posted === 0)
      setTimeout(() => facade.change({ type: 'owner', connected: false }));
    harness.posted += 1;
    const copy = structuredClone(message);
    if (scene !== 'loading') setTimeout(() => window.postMessage(copy, '*'));
  },
  openexecFor: () =>
    scene === 'held' ? Promise.reject(new OpenExecError('owner-unreachable', { pid: 4711 })) : Promise.resolve(facade),
  facts: () => Promise.resolve(facts),
  saved: () => null,
  save: () => undefined,
  perform: (id, args) => harness.commands.push({ id, args }),
  openFile: (_root, path) => harness.opened.push(path),
  translate: plain,
  pid: 1,
  warn: (message, error) => {
    if (!(error instanceof OpenExecError)) harness.warnings.push(`${message} ${String(error ?? '')}`);
  },
});

Object.assign(window, {
  harness,
  acquireVsCodeApi: () => ({
    postMessage: (message: unknown) => link.receive(structuredClone(message)),
    getState: () => stored,
    setState: (state: unknown) => {
      stored = state;
      sessionStorage.setItem('state', JSON.stringify(state));
    },
  }),
});
