/** Explain Policy: what would be decided about a command or a path, why, and a rule of one's own made of it after a look at what it would change. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { ApprovalSubject } from '../../core/model/approval.js';
import type { ParamsInput, Result } from '../../core/model/requests.js';
import { commands, settings } from '../contributions.js';
import { t } from '../door.js';
import type { RootSession } from '../session.js';
import { revealHidden, showArgv } from '../words.js';
import { approvalRowOf, rootOf, uriOf, type CommandContext } from './context.js';

type Question = ParamsInput<'policy/suggest'>;
type Suggestion = Result<'policy/suggest'>['suggestions'][number];

export function registerPolicyCommands(context: CommandContext): vscode.Disposable {
  const { door } = context;
  return vscode.Disposable.from(
    door.command(commands.explainPolicy, async (argument) => {
      const root = await rootOf(context, uriOf(argument) ? undefined : argument);
      const subject = subjectOf(argument);
      const question = subject === undefined ? await questionOf(root, argument) : questionOfDecision(subject);
      if (question) await explainPolicy(root, question);
    }),
    door.command(commands.why, async (argument) => {
      const root = await rootOf(context, argument);
      const row = approvalRowOf(argument);
      if (!row) throw new OpenExecError('approval-not-found');
      const { approval, changeSet } = await root.openexec.request('approval/get', { approval: row.approval });
      const question = questionOfSubject(approval.subject, row.kind === 'approval' ? changeSet?.files[0] : changeSet?.files.find((file) => file.path === row.path));
      if (question) await explainPolicy(root, question);
      else void vscode.window.showInformationMessage(revealHidden(approval.why));
    }),
  );
}

const subjectOf = (argument: unknown): string | undefined =>
  typeof argument === 'object' && argument !== null && 'subject' in argument && typeof argument.subject === 'string' ? argument.subject : undefined;

/** As the timeline has it: `write src/a.ts`, else a command. */
export function questionOfDecision(subject: string): Question {
  const path = /^(read|write|delete) (\S+)$/.exec(subject);
  return path ? { path: path[2], op: path[1] as 'read' | 'write' | 'delete' } : { cmd: subject };
}

/** A file of the explorer, what is selected in an editor, or what the person types. */
async function questionOf(root: RootSession, argument: unknown): Promise<Question | undefined> {
  const uri = uriOf(argument);
  const editor = vscode.window.activeTextEditor;
  const selected = editor && !editor.selection.isEmpty && (uri === undefined || uri.toString() === editor.document.uri.toString()) ? editor.document.getText(editor.selection) : '';
  if (uri && selected === '') return await forPath(root, vscode.workspace.asRelativePath(uri, false));
  const typed = await vscode.window.showInputBox({
    title: t('OpenExec: Explain Policy', {}), value: selected.trim().slice(0, 20_000), ignoreFocusOut: true,
    prompt: t('A command line, or the path of a file in this folder. Nothing is run.', {}), placeHolder: 'npm test && git push',
  });
  const text = typed?.trim();
  if (!text) return undefined;
  const path = text.replaceAll('\\', '/');
  return !/\s/.test(text) && (/^\.{0,2}\//.test(path) || (await isFile(root, path))) ? await forPath(root, text) : { cmd: text };
}

async function isFile(root: RootSession, path: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(root.folder.uri, path));
    return true;
  } catch {
    return false; // no such file: it is a command
  }
}

async function forPath(_root: RootSession, path: string): Promise<Question | undefined> {
  const items = [
    { label: t('$(eye) Read It', {}), op: 'read' as const },
    { label: t('$(edit) Write It', {}), op: 'write' as const },
    { label: t('$(trash) Delete It', {}), op: 'delete' as const },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: revealHidden(path), placeHolder: t('May OpenExec do this unasked?', {}) });
  return chosen && { path, op: chosen.op };
}

/** What a question of a run was about; undefined where the policy had no part in it. */
export function questionOfSubject(subject: ApprovalSubject, file: { path: string; after: string | null } | undefined): Question | undefined {
  if (subject.kind === 'command') return subject.argv ? { argv: subject.argv, cwd: subject.cwd } : { cmd: subject.script ?? '', cwd: subject.cwd };
  return file && { path: file.path, op: file.after === null ? 'delete' : 'write' };
}

/** Says it in a sentence, and offers to make a rule of it. */
export async function explainPolicy(root: RootSession, question: Question): Promise<void> {
  const { decision, suggestions } = await root.openexec.request('policy/suggest', question);
  const about = revealHidden(question.path ?? question.cmd ?? showArgv(question.argv ?? [])).slice(0, 200);
  const params = { about, reason: decision.reason, rule: decision.rule };
  const sentence =
    decision.effect === 'allow' ? t('{about}: runs or is done unasked, because {reason}. Rule: {rule}', params)
    : decision.effect === 'ask' ? t('{about}: asks first, because {reason}. Rule: {rule}', params)
    : t('{about}: denied, because {reason}. Rule: {rule}', params);
  const make = t('Make a Rule…', {});
  const chosen = await vscode.window.showInformationMessage(sentence, ...(suggestions.length > 0 ? [make] : []));
  if (chosen === make) await makeRule(suggestions);
}

const effectWord = (effect: Suggestion['after']['effect']): string => (effect === 'allow' ? t('unasked', {}) : effect === 'ask' ? t('asks first', {}) : t('denied', {}));

function labelOf({ rule }: Suggestion): string {
  const value = revealHidden(rule.value ?? '');
  const what = rule.operator === 'prefix' ? t('everything that begins with “{value}”', { value }) : t('exactly “{value}”', { value });
  if (rule.decision === 'allow') return `$(check) ${t('Allow {what}', { what })}`;
  return rule.decision === 'ask' ? `$(question) ${t('Ask about {what}', { what })}` : `$(close) ${t('Deny {what}', { what })}`;
}

/** Into the person's own settings, for every folder; never into the workspace's. */
async function makeRule(suggestions: readonly Suggestion[]): Promise<void> {
  const items = suggestions.map((suggestion) => ({ label: labelOf(suggestion), description: t('then: {effect}', { effect: effectWord(suggestion.after.effect) }), detail: ruleText(suggestion), suggestion }));
  const chosen = await vscode.window.showQuickPick(items, { title: t('Make a Rule', {}), placeHolder: t('It counts in every folder, from the next run on.', {}), matchOnDetail: true, ignoreFocusOut: true });
  if (!chosen) return;
  const add = t('Add to My Settings', {});
  const detail = `${ruleText(chosen.suggestion)}\n\n${t('It goes into {setting} of your own settings.', { setting: settings.policyRules })}`;
  if ((await vscode.window.showWarningMessage(labelOf(chosen.suggestion).replace(/^\$\([\w-]+\) /, ''), { modal: true, detail }, add)) !== add) return;
  const configuration = vscode.workspace.getConfiguration();
  const now = configuration.inspect<unknown[]>(settings.policyRules)?.globalValue;
  await configuration.update(settings.policyRules, [...(Array.isArray(now) ? now : []), shortRule(chosen.suggestion)], vscode.ConfigurationTarget.Global);
}

/** As it is written: without what has its default. */
export function shortRule({ rule }: Pick<Suggestion, 'rule'>): Record<string, unknown> {
  const { id, decision, type, operator, value, ops } = rule;
  return { id, decision, type, operator, value, ...(ops && { ops }) };
}

const ruleText = (suggestion: Suggestion): string => revealHidden(JSON.stringify(shortRule(suggestion)));
