/**
 * Read-only pages: every script of a plan before it is approved, a blueprint before its first run, what a run would do,
 * a command that asks, two runs compared. Text of others shows what hides in it.
 */
import * as vscode from 'vscode';
import type { Approval } from '../../core/model/approval.js';
import type { PlanRecord } from '../../core/model/plan.js';
import type { PlanCheck, ScriptReview } from '../../core/model/requests.js';
import { encodeUtf8 } from '../../base/bytes.js';
import { showArgv, showLine } from '../../core/text/harmless.js';
import { duration, plainBlanks } from '../../core/view/amounts.js';
import { previewLines, type Preview } from '../../core/view/preview.js';
import { askedText } from '../../core/view/question-text.js';
import { block, outputBlock } from './blocks.js';
import { blueprintPage, type ShownBlueprint } from './blueprint-page.js';
import { comparisonPage, replayPage } from './comparison-page.js';
import { commands, schemes } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import { registerPageFiles } from './page-files.js';
import { proposalPage, type ShownProposal } from './proposal-page.js';
import type { Folders } from '../folders.js';

/** What the person saw: approving binds exactly these hashes. */
export interface PlanSheet {
  plan: PlanRecord;
  scripts: ScriptReview[];
}

export interface Sheets extends vscode.Disposable {
  /** Opens the page and remembers what is on it. */
  showPlan(root: string, plan: string): Promise<void>;
  /** What the page of this plan showed; undefined when it has not been shown in this window. */
  shownPlan(root: string, plan: string): PlanSheet | undefined;
  /** Makes the page again, e.g. after an approval. */
  refresh(): void;
  showRun(root: string, plan: string, tasks: string[] | undefined, blueprint?: string): Promise<void>;
  /** `then`: what to go on with once it is approved. */
  showBlueprint(
    root: string,
    blueprint: string,
    then: { plan: string; tasks: string[] | undefined } | undefined,
  ): Promise<void>;
  /** What exactly this page showed: another tab may have shown an older text of the same blueprint. */
  shownBlueprint(page: SheetAddress): ShownBlueprint | undefined;
  showCommand(root: string, approval: string): Promise<void>;
  /** What Verify Plan saw last. */
  showChecks(root: string, plan: string): Promise<void>;
  showProposal(root: string, plan: string, proposal: string): Promise<void>;
  shownProposal(root: string, proposal: string): ShownProposal | undefined;
  showComparison(root: string, run: string, other: string): Promise<void>;
  /** Replays the run for the page. */
  showReplay(root: string, run: string): Promise<void>;
  close(kind: SheetKind): Promise<void>;
}

export type SheetKind = 'plan' | 'run' | 'command' | 'checks' | 'blueprint' | 'proposal' | 'comparison' | 'replay';
export interface SheetAddress {
  kind: SheetKind;
  root: string;
  /** Plan, approval, blueprint, proposal or run. */
  id: string;
  /** Of a run: its blueprint. Of a blueprint: the plan to go on with. Of a proposal: its plan. */
  blueprint?: string | undefined;
  plan?: string | undefined;
  /** Of a comparison: the second run. */
  other?: string | undefined;
  tasks: string[] | undefined;
}

export function parseSheet(uri: vscode.Uri): SheetAddress | undefined {
  const match = /^\/(plan|run|command|checks|blueprint|proposal|comparison|replay)\//.exec(uri.path);
  const query = new URLSearchParams(uri.query);
  const [root, id] = [query.get('root'), query.get('id')];
  const tasks = query.get('tasks');
  if (uri.scheme !== schemes.sheet || !match || root === null || id === null) return undefined;
  const optional = (name: string) => query.get(name) ?? undefined;
  return {
    kind: match[1] as SheetKind,
    root,
    id,
    blueprint: optional('blueprint'),
    plan: optional('plan'),
    other: optional('other'),
    tasks: tasks === null ? undefined : tasks.split(' ').filter((task) => task !== ''),
  };
}

function addressOf({ kind, root, id, tasks, blueprint, plan, other }: SheetAddress, name: string): vscode.Uri {
  const query = new URLSearchParams({
    root,
    id,
    ...(tasks ? { tasks: tasks.join(' ') } : {}),
    ...(blueprint === undefined ? {} : { blueprint }),
    ...(plan === undefined ? {} : { plan }),
    ...(other === undefined ? {} : { other }),
  });
  return vscode.Uri.from({ scheme: schemes.sheet, path: `/${kind}/${name}.md`, query: query.toString() });
}

const pageKey = (address: SheetAddress): string => addressOf(address, '').query;

export function createSheets(folders: Folders, reporter: ErrorReporter): Sheets {
  const shown = new Map<string, PlanSheet>();
  /** By page: each is approved as it stands there. */
  const blueprints = new Map<string, ShownBlueprint>();
  const proposals = new Map<string, ShownProposal>();
  const pages = new Map<string, { text: Uint8Array; at: number }>();
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const planKey = (root: string, plan: string): string => `${root}\n${plan}`;

  async function text(address: SheetAddress): Promise<string> {
    const { openexec } = await folders.root(address.root);
    switch (address.kind) {
      case 'plan': {
        const [{ plan }, scripts] = await Promise.all([
          openexec.request('plan/get', { plan: address.id }),
          openexec.request('plan/scripts', { plan: address.id }),
        ]);
        if (!plan) throw vscode.FileSystemError.FileNotFound();
        shown.set(planKey(address.root, address.id), { plan, scripts });
        lensesChanged.fire();
        return planPage(plan, scripts);
      }
      case 'run': {
        const preview = await openexec.request('run/preview', {
          plan: address.id,
          ...(address.tasks ? { tasks: address.tasks } : {}),
          ...(address.blueprint === undefined ? {} : { blueprint: address.blueprint }),
        });
        return runPage(preview);
      }
      case 'checks': {
        const { plan, checks } = await openexec.request('plan/get', { plan: address.id });
        if (!plan) throw vscode.FileSystemError.FileNotFound();
        return checksPage(plan, checks);
      }
      case 'blueprint': {
        const blueprint = await openexec.request('blueprint/get', { id: address.id });
        blueprints.set(pageKey(address), blueprint);
        lensesChanged.fire();
        return blueprintPage(blueprint);
      }
      case 'proposal': {
        const [{ plan }, views] = await Promise.all([
          openexec.request('plan/get', { plan: address.plan }),
          openexec.request('plan/proposals', { plan: address.plan ?? '', answered: true }),
        ]);
        const view = views.find((one) => one.id === address.id);
        if (!plan || !view) throw vscode.FileSystemError.FileNotFound();
        const shownNow = { iteration: plan.iteration, view };
        proposals.set(planKey(address.root, address.id), shownNow);
        lensesChanged.fire();
        return proposalPage(plan.name, shownNow, t);
      }
      case 'comparison':
        return comparisonPage(await openexec.request('run/compare', { a: address.id, b: address.other ?? '' }), t);
      case 'replay': {
        const [{ title }, replayed] = await Promise.all([
          openexec.request('run/get', { run: address.id }),
          openexec.request('run/replay', { run: address.id }),
        ]);
        return replayPage(title, replayed, t);
      }
      case 'command': {
        const { approval } = await openexec.request('approval/get', { approval: address.id });
        return commandPage(approval);
      }
    }
  }

  async function page(uri: vscode.Uri): Promise<{ text: Uint8Array; at: number }> {
    const key = uri.toString();
    const kept = pages.get(key);
    if (kept) return kept;
    const address = parseSheet(uri);
    if (!address) throw vscode.FileSystemError.FileNotFound(uri);
    const made = await text(address).catch((error: unknown) => {
      reporter.log.warn('a page could not be made', { kind: address.kind, error });
      throw vscode.FileSystemError.FileNotFound(uri); // the tab says that it is gone: the plan or question is
    });
    const fresh = { text: encodeUtf8(made), at: Date.now() };
    pages.set(key, fresh);
    return fresh;
  }

  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: lensesChanged.event,
    provideCodeLenses(document) {
      const address = parseSheet(document.uri);
      const top = new vscode.Range(0, 0, 0, 0);
      if (address?.kind === 'run')
        return [
          new vscode.CodeLens(top, {
            title: t('$(play) Start'),
            command: commands.confirmRun,
            arguments: [document.uri],
          }),
        ];
      if (address?.kind === 'checks')
        return [
          new vscode.CodeLens(top, {
            title: t('$(beaker) Verify Again'),
            command: commands.verifyPlan,
            arguments: [{ root: address.root, plan: address.id }],
          }),
        ];
      if (address?.kind === 'command')
        return [
          new vscode.CodeLens(top, {
            title: t('$(question) Answer…'),
            command: commands.review,
            arguments: [{ root: address.root, approval: address.id }],
          }),
        ];
      if (address?.kind === 'proposal')
        return proposalLenses(top, address, proposals.get(planKey(address.root, address.id)));
      if (address?.kind === 'blueprint') return blueprintLenses(top, document.uri, blueprints.get(pageKey(address)));
      const sheet = address && shown.get(planKey(address.root, address.id));
      if (!address || !sheet) return [];
      const args = { root: address.root, plan: address.id };
      if (isApproved(sheet))
        return [
          new vscode.CodeLens(top, { title: t('$(verified-filled) Approved'), command: '' }),
          new vscode.CodeLens(top, { title: t('$(play) Run'), command: commands.run, arguments: [args] }),
        ];
      const title =
        sheet.scripts.length === 1
          ? t('$(verified) Approve Plan · 1 script')
          : t('$(verified) Approve Plan · {count} scripts', { count: sheet.scripts.length });
      return [new vscode.CodeLens(top, { title, command: commands.confirmPlanApproval, arguments: [document.uri] })];
    },
  };

  function forgetPages(): void {
    const uris = [...pages.keys()].map((key) => vscode.Uri.parse(key, true));
    pages.clear();
    changed.fire(uris.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
    lensesChanged.fire();
  }

  async function show(address: SheetAddress, name: string): Promise<void> {
    const uri = addressOf(address, name);
    if (pages.delete(uri.toString())) changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    await page(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  const listening = vscode.Disposable.from(
    changed,
    lensesChanged,
    registerPageFiles(schemes.sheet, { read: page, onDidChange: changed.event }),
    vscode.languages.registerCodeLensProvider({ scheme: schemes.sheet }, lenses),
    folders.onDidChangeModel((change) => {
      if (change.plan && pages.size > 0) forgetPages();
    }),
    vscode.workspace.onDidCloseTextDocument((document) => pages.delete(document.uri.toString())),
  );

  return {
    async showPlan(root, plan) {
      await show({ kind: 'plan', root, id: plan, tasks: undefined }, t('Approve Plan'));
    },
    shownPlan: (root, plan) => shown.get(planKey(root, plan)),
    refresh: forgetPages,
    showRun: (root, plan, tasks, blueprint) =>
      show({ kind: 'run', root, id: plan, tasks, blueprint }, t('Before the Run')),
    showBlueprint: (root, id, then) =>
      show({ kind: 'blueprint', root, id, tasks: then?.tasks, plan: then?.plan }, t('Approve Blueprint')),
    shownBlueprint: (address) => blueprints.get(pageKey(address)),
    showCommand: (root, approval) => show({ kind: 'command', root, id: approval, tasks: undefined }, t('Command')),
    showChecks: (root, plan) => show({ kind: 'checks', root, id: plan, tasks: undefined }, t('Checks')),
    showProposal: (root, plan, proposal) =>
      show({ kind: 'proposal', root, id: proposal, plan, tasks: undefined }, t('Proposed Change')),
    shownProposal: (root, proposal) => proposals.get(planKey(root, proposal)),
    showComparison: (root, run, other) =>
      show({ kind: 'comparison', root, id: run, other, tasks: undefined }, t('Two Runs')),
    showReplay: (root, run) => show({ kind: 'replay', root, id: run, tasks: undefined }, t('Replay')),
    async close(kind) {
      const tabs = vscode.window.tabGroups.all
        .flatMap((group) => group.tabs)
        .filter((tab) => tab.input instanceof vscode.TabInputText && parseSheet(tab.input.uri)?.kind === kind);
      if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
    },
    dispose: () => void listening.dispose(),
  };
}

function blueprintLenses(top: vscode.Range, uri: vscode.Uri, shown: ShownBlueprint | undefined): vscode.CodeLens[] {
  if (!shown) return [];
  if (shown.seen) return [new vscode.CodeLens(top, { title: t('$(verified-filled) Approved'), command: '' })];
  return [
    new vscode.CodeLens(top, {
      title: t('$(verified) Approve Blueprint · {count} commands', { count: shown.lines.length }),
      command: commands.confirmBlueprint,
      arguments: [uri],
    }),
  ];
}

function proposalLenses(
  top: vscode.Range,
  { root, plan, id }: SheetAddress,
  shown: ShownProposal | undefined,
): vscode.CodeLens[] {
  if (shown?.view.status !== 'open') return [];
  const lens = (title: string, accept: boolean) =>
    new vscode.CodeLens(top, {
      title,
      command: commands.reviewProposals,
      arguments: [{ root, plan, proposal: id, accept }],
    });
  return [...(shown.view.problem ? [] : [lens(t('$(check) Accept'), true)]), lens(t('$(close) Decline'), false)];
}

const isApproved = ({ plan }: PlanSheet): boolean => plan.approval?.iteration === plan.iteration;

export function planPage(plan: PlanRecord, scripts: readonly ScriptReview[]): string {
  const tasks = plan.document.stories.reduce((sum, story) => sum + story.tasks.length, 0);
  const state = plan.approval?.iteration === plan.iteration ? t('Approved.') : t('Not approved yet.');
  const parts = [
    `# ${showLine(plan.name)}`,
    t(
      '{state} Version {iteration}, {stories} stories, {tasks} tasks. A run of this plan may run the {scripts} scripts below, each exactly as shown here; a script that changes later asks again. Edits to files are shown to you when they are made.',
      {
        state,
        iteration: plan.iteration,
        stories: plan.document.stories.length,
        tasks,
        scripts: scripts.length,
      },
    ),
  ];
  if (plan.degraded) parts.push(t('This plan was made by rules, without a model.'));
  if (scripts.length === 0) parts.push(t('The plan has no scripts, so nothing in it can be verified.'));
  for (const script of scripts) {
    const title = titleOf(plan, script.subject);
    const effect = { allow: t('runs unasked'), ask: t('asks before it runs'), deny: t('is refused') }[
      script.decision.effect
    ];
    parts.push(
      [
        `## ${showLine(script.subject)}${title === '' ? '' : ` · ${showLine(title)}`}`,
        '',
        block(script.script),
        '',
        `- ${t('Folder')}: ${script.cwd === '' ? t('the workspace folder') : showLine(script.cwd)}`,
        `- ${t('Sandbox')}: ${script.sandbox}`,
        ...script.may.map((line) => `- ${t('May')}: ${showLine(line)}`),
        `- ${t('Once approved')}: ${effect} (${showLine(script.decision.rule)}: ${showLine(script.decision.reason)})`,
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Red first: that is what there is to do. */
export function checksPage(plan: PlanRecord, checks: Readonly<Record<string, PlanCheck>>): string {
  const own = new Set(plan.document.stories.flatMap((story) => [story.id, ...story.tasks.map((task) => task.id)]));
  const shown = Object.values(checks).filter((check) => own.has(check.subject));
  const section = (title: string, outcome: PlanCheck['outcome']): string[] => {
    const these = shown.filter((check) => check.outcome === outcome);
    return these.length === 0
      ? []
      : [`## ${title} (${these.length})`, ...these.map((check) => checkBlock(plan, check))];
  };
  return `${[
    `# ${t('Checks of “{name}”', { name: plan.name })}`,
    shown.length === 0
      ? t('Verify Plan has not been run yet.')
      : t('Each script was run once, without a model. Green exited 0; everything else is red.'),
    ...section(t('Red'), 'red'),
    ...section(t('Not run'), 'not-run'),
    ...section(t('Green'), 'green'),
  ].join('\n\n')}\n`;
}

function checkBlock(plan: PlanRecord, check: PlanCheck): string {
  const title = titleOf(plan, check.subject);
  const tail =
    check.outcome === 'red' && check.tail.trim() !== ''
      ? ['', t('Its last lines:'), '', outputBlock(check.tail.trimEnd())]
      : [];
  return [
    `### ${showLine(check.subject)}${title === '' ? '' : ` · ${showLine(title)}`}`,
    '',
    block(check.script),
    '',
    `- ${showLine(check.reason)}${check.outcome === 'not-run' ? '' : ` · ${duration(check.durationMs, t)}`}`,
    `- ${plainBlanks(new Date(check.at).toLocaleString())}`,
    ...tail,
  ].join('\n');
}

function titleOf(plan: PlanRecord, subject: string): string {
  for (const story of plan.document.stories) {
    if (story.id === subject) return story.title;
    const task = story.tasks.find((candidate) => candidate.id === subject);
    if (task) return task.title;
  }
  return plan.document.goals.find((goal) => goal.id === subject)?.title ?? '';
}

export function runPage(preview: Preview): string {
  const { blueprint, model, git, budget, tasks, unasked, asks, notes } = previewLines(preview, t);
  const list = (lines: readonly string[], none: string): string =>
    lines.length === 0 ? none : lines.map((line) => `- ${line}`).join('\n');
  return [
    `# ${t('Before the run')}`,
    list(
      [
        ...(blueprint === undefined ? [] : [`${t('Blueprint')}: ${blueprint}`]),
        `${t('Model')}: ${model}`,
        `${t('Git')}: ${git}`,
        `${t('Budget')}: ${budget}`,
      ],
      '',
    ),
    `## ${t('{count} tasks, in this order', { count: tasks.length })}`,
    list(tasks, t('None.')),
    `## ${t('Runs unasked')}`,
    list(unasked, t('Nothing.')),
    `## ${t('Asks first')}`,
    list(asks, t('Nothing.')),
    ...(notes.length === 0 ? [] : [`## ${t('To know')}`, list(notes, '')]),
    '',
  ].join('\n\n');
}

export function commandPage(approval: Approval): string {
  const { subject } = approval;
  const { title, why } = askedText(approval, t);
  if (subject.kind !== 'command') return `# ${title}\n\n${why}\n`;
  return [
    `# ${title}`,
    why,
    block(subject.script ?? showArgv(subject.argv ?? [])),
    [
      `- ${t('How')}: ${subject.script === undefined ? t('started directly, without a shell') : t('given to a shell, exactly as shown')}`,
      `- ${t('Folder')}: ${subject.cwd === '' ? t('the workspace folder') : showLine(subject.cwd)}`,
      `- ${t('Sandbox')}: ${subject.sandbox}`,
    ].join('\n'),
    '',
  ].join('\n\n');
}
