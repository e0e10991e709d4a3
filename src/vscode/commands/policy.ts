/**
 * Explain Policy: what would be decided about a command or a path, why, and a rule of one's own made of
 * it after a look at what it would change.
 */
import { whyDecided } from '../../core/view/decision.js';
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { ApprovalSubject } from '../../core/model/approval.js';
import type { ParamsInput, Result } from '../../core/model/requests.js';
import { showArgv, showLine, showText } from '../../core/text/harmless.js';
import { askedText } from '../../core/view/question-text.js';
import { commands, settings } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { approvalRowOf, record, rootOf, text, uriOf, type CommandContext } from './context.js';

type Question = ParamsInput<'policy/suggest'>;
type Suggestion = Result<'policy/suggest'>['suggestions'][number];

export function registerPolicyCommands(context: CommandContext): vscode.Disposable {
  const { reporter } = context;
  return vscode.Disposable.from(
    reporter.command(commands.explainPolicy, async (argument) => {
      const root = await rootOfFile(context, argument);
      const decided = questionOfDecision(argument);
      const question = decided ?? (await questionOf(root, argument));
      if (question) await explainPolicy(root, question, decided?.cmd !== undefined && !PLAIN.test(decided.cmd));
    }),
    reporter.command(commands.why, async (argument) => {
      const root = await rootOf(context, argument);
      const row = approvalRowOf(argument);
      if (!row) throw new OpenExecError('approval-not-found');
      const { approval, changeSet } = await root.openexec.request('approval/get', { approval: row.approval });
      const question = questionOfSubject(
        approval.subject,
        row.kind === 'approval' ? changeSet?.files[0] : changeSet?.files.find((file) => file.path === row.path),
      );
      if (question) await explainPolicy(root, question);
      else void vscode.window.showInformationMessage(askedText(approval, t).why);
    }),
  );
}

/** A file is judged in its own folder, which in a window of several need not be the one the views show. */
function rootOfFile(context: CommandContext, argument: unknown): Promise<OpenedFolder> {
  const uri = uriOf(argument);
  const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
  return folder ? context.folders.root(folder.uri.fsPath) : rootOf(context, argument);
}

/** Means the same as a shell line and as the words of a vector. */
const PLAIN = /^[\w@%+=:,./ -]*$/;

/**
 * What the panel says a decision was about. A command is given as it is shown, whether it was a shell line or a vector.
 */
function questionOfDecision(argument: unknown): Question | undefined {
  const { cmd, path, op } = record(argument);
  if (text(cmd) !== undefined) return { cmd: text(cmd) };
  return text(path) !== undefined && (op === 'read' || op === 'write' || op === 'delete')
    ? { path: text(path), op }
    : undefined;
}

/** A file of the explorer, what is selected in an editor, or what the person types. */
async function questionOf(root: OpenedFolder, argument: unknown): Promise<Question | undefined> {
  const uri = uriOf(argument);
  const editor = vscode.window.activeTextEditor;
  const selected =
    editor && !editor.selection.isEmpty && (uri === undefined || uri.toString() === editor.document.uri.toString())
      ? editor.document.getText(editor.selection)
      : '';
  if (uri && selected === '') return await forPath(vscode.workspace.asRelativePath(uri, false));
  const typed = await vscode.window.showInputBox({
    title: t('OpenExec: Explain Policy'),
    value: selected.trim().slice(0, 20_000),
    ignoreFocusOut: true,
    prompt: t('A command line, or the path of a file in this folder. Nothing is run.'),
    placeHolder: 'npm test && git push',
  });
  const line = typed?.trim();
  if (!line) return undefined;
  const path = line.replaceAll('\\', '/');
  return !/\s/.test(line) && (/^\.{0,2}\//.test(path) || (await isFile(root, path)))
    ? await forPath(line)
    : { cmd: line };
}

async function isFile(root: OpenedFolder, path: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(root.folder.uri, path));
    return true;
  } catch {
    return false; // no such file: it is a command
  }
}

async function forPath(path: string): Promise<Question | undefined> {
  const items = [
    { label: t('$(eye) Read It'), op: 'read' as const },
    { label: t('$(edit) Write It'), op: 'write' as const },
    { label: t('$(trash) Delete It'), op: 'delete' as const },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: showLine(path),
    placeHolder: t('May OpenExec do this unasked?'),
    ignoreFocusOut: true,
  });
  return chosen && { path, op: chosen.op };
}

/** What a question of a run was about; undefined where the policy had no part in it. */
function questionOfSubject(
  subject: ApprovalSubject,
  file: { path: string; after: string | null } | undefined,
): Question | undefined {
  if (subject.kind === 'command')
    return subject.argv ? { argv: subject.argv, cwd: subject.cwd } : { cmd: subject.script ?? '', cwd: subject.cwd };
  return file && { path: file.path, op: file.after === null ? 'delete' : 'write' };
}

/**
 * Says it in a sentence, and offers to make a rule of it.
 * `asLine`: it may have been a vector, and is read as a shell line here.
 */
async function explainPolicy(root: OpenedFolder, question: Question, asLine = false): Promise<void> {
  const { decision, suggestions } = await root.openexec.request('policy/suggest', question);
  const named = showText(question.path ?? question.cmd ?? showArgv(question.argv ?? [])).slice(0, 200);
  const about = asLine ? t('{command} (as a shell line)', { command: named }) : named;
  const params = { about, reason: whyDecided(decision, t), rule: decision.rule };
  const sentence =
    decision.effect === 'allow'
      ? t('{about}: runs or is done unasked, because {reason}. Rule: {rule}', params)
      : decision.effect === 'ask'
        ? t('{about}: asks first, because {reason}. Rule: {rule}', params)
        : t('{about}: denied, because {reason}. Rule: {rule}', params);
  const make = t('Make a Rule…');
  const chosen = await vscode.window.showInformationMessage(sentence, ...(suggestions.length > 0 ? [make] : []));
  if (chosen === make) await makeRule(suggestions);
}

const effectWord = (effect: Suggestion['after']['effect']): string =>
  effect === 'allow' ? t('unasked') : effect === 'ask' ? t('asks first') : t('denied');

function labelOf({ rule }: Suggestion): string {
  const value = showLine(rule.value ?? '');
  const what =
    rule.operator === 'prefix'
      ? t('everything that begins with “{value}”', { value })
      : t('exactly “{value}”', { value });
  if (rule.decision === 'allow') return `$(check) ${t('Allow {what}', { what })}`;
  return rule.decision === 'ask'
    ? `$(question) ${t('Ask about {what}', { what })}`
    : `$(close) ${t('Deny {what}', { what })}`;
}

/** Into the person's own settings, for every folder; never into the workspace's. */
async function makeRule(suggestions: readonly Suggestion[]): Promise<void> {
  const items = suggestions.map((suggestion) => ({
    label: labelOf(suggestion),
    description: t('then: {effect}', { effect: effectWord(suggestion.after.effect) }),
    detail: ruleText(suggestion),
    suggestion,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Make a Rule'),
    placeHolder: t('It counts in every folder, from the next run on.'),
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (!chosen) return;
  const add = t('Add to My Settings');
  const detail = `${ruleText(chosen.suggestion)}\n\n${t('It goes into {setting} of your own settings.', { setting: settings.rules })}`;
  if (
    (await vscode.window.showWarningMessage(
      labelOf(chosen.suggestion).replace(/^\$\([\w-]+\) /, ''),
      { modal: true, detail },
      add,
    )) !== add
  )
    return;
  const configuration = vscode.workspace.getConfiguration();
  const now = configuration.inspect<unknown[]>(settings.rules)?.globalValue;
  await configuration.update(
    settings.rules,
    [...(Array.isArray(now) ? now : []), shortRule(chosen.suggestion)],
    vscode.ConfigurationTarget.Global,
  );
}

/** As it is written: without what has its default. */
function shortRule({ rule }: Pick<Suggestion, 'rule'>): Record<string, unknown> {
  const { id, decision, type, operator, value, ops } = rule;
  return { id, decision, type, operator, value, ...(ops && { ops }) };
}

const ruleText = (suggestion: Suggestion): string => showLine(JSON.stringify(shortRule(suggestion)));
