/**
 * The sentence of every error code, reason and warning: what happened, what it means, what to do.
 * English here; `t` translates.
 */
import type { ErrorCode, ErrorParameters, ErrorParams } from '../errors.js';
import { asOpenExecError } from '../errors.js';
import { plain, type Translate } from './translate.js';

export { plain, type Translate };

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type NamesOf<C extends ErrorCode> = string extends keyof ErrorParameters[C] ? never : keyof ErrorParameters[C];
type Unknown<C extends ErrorCode, Text> = Exclude<Placeholders<Text>, NamesOf<C>>;

/** Every code has a sentence, and a sentence names only parameters of its code: else it does not compile. */
const sentences = <const Texts extends Record<ErrorCode, string>>(
  texts: Texts & {
    [C in ErrorCode]: [Unknown<C, Texts[C]>] extends [never] ? unknown : { noParameter: Unknown<C, Texts[C]> };
  },
): Record<ErrorCode, string> => texts;

const errors = sentences({
  'no-folder': 'No folder is open. OpenExec works on a folder: open one, then try again.',
  untrusted:
    'This workspace is not trusted, so OpenExec runs nothing and writes nothing here. Trust the workspace to go on.',
  'root-not-found': 'There is no folder at {path}. Check the path given with --root or --folder.',
  'not-owner': 'Another process owns this workspace’s runs. Its window shows them; or use Take Over.',
  'owner-unreachable':
    'Process {pid} owns this workspace’s runs and does not answer. Close it, or use Take Over once it is gone.',
  'owner-refused': 'The process that owns this workspace refused the connection. Restart both windows and try again.',
  'intent-empty': 'The intent is empty. Say in a sentence what you want to build or change.',
  'text-utf16': '{path} is in UTF-16, as some shells on Windows write it. Save it as UTF-8.',
  'text-not-utf8': '{path} is not text in UTF-8. Save it as UTF-8.',
  'text-missing': 'There is no file {path}.',
  'text-folder': '{path} is a folder. Name a file in it.',
  'intent-unreadable': '{path} could not be read as text. Give a Markdown file such as INTENT.md, or a stories.json.',
  'plan-not-found': 'There is no plan {plan}. List the plans to see what there is.',
  'plan-invalid': 'The plan cannot be run as it is. Errors: {count}. First: {first}',
  'plan-not-approved': 'The plan “{name}” is not approved. Approve it first: that shows every script it would run.',
  'plan-stale': 'The plan changed in the meantime. Look at the newest version and try again.',
  'plan-in-use': 'A run is working on “{name}”, so it cannot be deleted or changed in that way. Cancel the run first.',
  'answer-malformed':
    'The model’s answer could not be used, also after {tries} corrections: {problem}. Nothing was changed. Try again, or choose another model.',
  'task-not-found': 'The plan has no task {task}.',
  'story-not-found': 'The plan has no story {story}.',
  'proposal-not-found': 'The plan has no proposal {proposal}.',
  'proposal-answered': 'This proposal was already {status}.',
  'proposal-begun':
    '{task} has begun or is done, so this proposal cannot change it. Decline it, or edit the plan by hand.',
  'proposal-edited':
    '{task} was edited since this was proposed, so it is not overwritten. Decline the proposal, or edit the plan by hand.',
  'proposal-empty': 'The plan says already what this proposes. Decline it.',
  'proposal-invalid': 'With this change the plan would have {count} errors, so nothing was changed. First: {first}',
  'blueprint-not-found': 'There is no blueprint named “{id}”. Known: {known}.',
  'policy-invalid':
    'A rule in {file} cannot be used. Line {line}, column {column}: {problem}. Nothing is decided with half of the rules: correct it, then try again.',
  'config-invalid':
    '{file} cannot be used as it stands, so nothing runs by it. Errors: {count}. The first, in line {line}, column {column}: {problem} Mend it, then start again.',
  'blueprint-invalid': 'The blueprint {id} has errors. Line {line}, column {column}: {problem}',
  'blueprint-unseen':
    'Nobody has looked at the blueprint {id} ({file}) as it stands now. It comes from the workspace: read it and its commands, approve it, then run.',
  'blueprint-unreadable':
    'The blueprint {id} that this run began with cannot be read any more ({problem}), so the run stands still. Answer its question: start over with the blueprint of today, or give the run up.',
  'blueprint-changed':
    'The blueprint {id} changed since this run began, so its stage cannot be resumed safely. Start a new run, or restore the blueprint.',
  'run-not-found': 'There is no run {run}.',
  'run-state': 'The run is {status}; that cannot be done now.',
  'run-active': 'The run “{title}” is still going in this workspace. Wait for it, or cancel it first.',
  'approval-not-found': 'There is no such question any more.',
  'approval-resolved': 'This was already answered: {status}.',
  'approval-stale': 'What was shown is not what would run now: it changed in the meantime. Look again and decide anew.',
  'action-unknown': 'The blueprint asks for the action “{action}”, which does not exist.',
  'budget-exceeded':
    'The budget is used up: {spent} of {limit}. Nothing more is sent to the model. Raise the budget to go on.',
  'planning-budget':
    'Planning stops here: {spent} of {limit} {what} are spent, and the next answer could cost more than is left. Raise the budget, or choose another model.',
  'rerun-tree-changed':
    'Files that are not as they were before that step: {files}, the first is {first}. Roll the run back to there first, or start on the tree as it is.',
  'step-corrupt': 'The record of step {step} could not be read. The run cannot be resumed there; start a new run.',
  'nothing-to-verify':
    'The plan “{name}” has no script to run: nothing in it can be verified. Give its tasks a verification command.',
  'verify-active': 'The checks of “{name}” are running just now. Wait for them to end, or cancel them.',
  'task-in-run':
    '{task} belongs to the run “{title}”, which is not finished. Answer it there, or cancel that run first.',
  'check-not-green': '{task} is not done yet: its check `{command}` did not pass: {reason}. Nothing was changed.',
  'diagnostics-missing':
    'This check asks the editor whether the problem in {path} is gone, and there is no editor here. Resume the run in VS Code.',
  'diagnostics-unknown':
    'The editor shows no problem in {path}, but no language support has said anything of the file yet, so it is not known whether the problem is gone. Open the file (or close it and open it again), wait until it has been checked, and resume.',
  'nothing-to-run': 'There is nothing to run: every task of the plan is done or skipped.',
  'step-not-found': 'The run has no step {step}.',
  'nothing-to-roll-back': 'There is nothing to roll back: nothing that was written for it still stands.',
  'rollback-live': 'The run “{title}” is going. Pause or cancel it first, then roll back.',
  'rollback-stale':
    'Files or tasks changed since the rollback was shown. Nothing was changed. Look again and decide anew.',
  'rollback-conflict':
    '{path} was changed since in the same place, so it cannot be rolled back by itself (files like it: {more} more). Nothing was changed. Mend it by hand, or leave it out.',
  'rollback-missing':
    'The text of {path} from before is no longer stored, so it cannot be rolled back (files like it: {more} more). Nothing was changed. Leave it out to roll back the rest.',
  'rollback-unreadable':
    'What stands at {path} now cannot be read, so it cannot be rolled back (files like it: {more} more). Nothing was changed. Leave it out to roll back the rest.',
  'rollback-not-found': 'There is no rollback here that could be taken back.',
  'rollback-over': 'This rollback cannot be taken back: that was done already, or its tasks were worked on since.',
  'path-outside': '{path} lies outside the workspace, so it was refused.',
  'path-protected': '{path} is protected: OpenExec never writes there.',
  'path-invalid': '{path} is not a path OpenExec can use.',
  'file-changed':
    '{path} changed since the edit was made, so nothing was written. The edit will be made again on the new text.',
  'file-unwritable': '{path} could not be written ({reason}). Nothing was changed. Check its permissions.',
  'file-pattern': 'The pattern {pattern} could take too long. Use a plainer one, without nested repeats or references.',
  'file-not-text': '{path} is not text that can be edited safely.',
  'file-too-large': '{path} is {size} bytes; the limit is {limit}.',
  'disk-full': 'The disk is full: {path} could not be written. Nothing was changed. Free some space and resume.',
  'apply-failed': 'The change could not be applied: {path}. {restored}',
  'patch-invalid': 'The patch could not be read: {problem}',
  'patch-mismatch': 'The patch does not fit {path}: {problem}. Nothing was changed.',
  'command-not-found': 'The program “{program}” was not found. Install it or correct the command.',
  'command-denied': '{command} was not run: {reason}',
  'command-timeout': '{command} did not end within {seconds} s and was stopped.',
  'shell-missing': 'No shell was found to run {command}. On Windows, install Git for Windows: its bash is used.',
  'shell-bash-missing':
    'This script needs bash ({because}), which is not installed here: {command}. Install bash, or write it for sh.',
  'git-missing': 'Git was not found, so this goes on without commits.',
  'git-state': 'Git cannot commit now: {state}. Finish or leave that first.',
  'git-file':
    '{path} could not be committed with the task: {reason}. Commit it yourself or set your own change aside, then resume.',
  'git-failed': 'Git failed: {detail}',
  'git-ownership':
    'The repository {folder} belongs to another user of this machine, so git does not use it. If you trust what is in it, say so to git, then try again: {command}',
  'git-sign': 'Git could not sign the commit, so it was not made ({detail}). Put that right, then try again.',
  'git-identity':
    'Git has no name and e-mail to commit with. Set user.name and user.email with git config, then resume.',
  'price-unknown':
    'What {model} costs is not known here, so the limit of {usd} USD could not hold. Set a limit in tokens (openexec.budget.tokens, in the terminal token-budget), choose a model whose price is known, or set the limits in money to 0.',
  'model-none': 'No model is connected. Set an API key, or use the recorded demo model.',
  'model-auth': 'The model’s provider refused the key ({detail}). Set a valid API key and resume.',
  'model-billing':
    'The provider takes no request while the account cannot pay ({detail}). Nothing was charged. Add credit there, then resume.',
  'model-request':
    'The provider refused the request as invalid ({detail}). Nothing was charged. Resume tries once more; if it is refused again, choose another model or report the problem.',
  'model-rate-limited': 'The provider limits requests and did not free up within {seconds} s. Resume later.',
  'model-overloaded': 'The provider is overloaded, also after {tries} tries. Resume later.',
  'model-context':
    'The request is larger than the model {model} can take. Use a model with a larger window, or split the task.',
  'model-refused': 'The model refused to answer. Change the task’s wording, or choose another model.',
  'model-network': 'The provider could not be reached ({detail}). Check the connection and resume.',
  'model-malformed': 'The provider’s answer could not be read ({detail}).',
  'model-stalled': 'The model’s stream stood still for {seconds} s and was ended.',
  'model-unknown': 'There is no model “{model}”.',
  'recording-missing':
    'The recorded model has no answer for {key}: it knows only the demo’s own plan. Connect a model to go on.',
  'store-corrupt': 'The run database is damaged. It was set aside as {aside}; {restored}.',
  'store-newer':
    'The run database was made by a newer OpenExec (schema {found}, this one knows {known}). It was opened for reading only. Update OpenExec.',
  'store-locked': 'The run database is held by process {pid}, which does not answer.',
  'store-lost':
    'The run database was removed or replaced while it was open. Nothing more is written to it. Reload the window.',
  'store-readonly': 'The run database is open for reading only.',
  'store-full': 'The disk that holds the run database is full. Nothing was lost; free some space and resume.',
  'store-unwritable':
    'OpenExec’s data folder {path} cannot be written ({reason}). Set OPENEXEC_HOME to a folder that can.',
  'blob-missing': 'A stored text ({hash}) is missing from the data folder.',
  'record-invalid': 'A stored record could not be read ({table} {key}).',
  'folder-moved': 'The runs made in {path}, which is no longer there, seem to belong to this folder.',
  'archive-invalid': '{file} cannot be restored: {problem}. Nothing was changed.',
  'store-in-use': 'Process {pid} has this folder’s runs open. Close it, then try again.',
  'request-invalid': 'The request was not understood: {problem}',
  usage: '{problem}',
  internal: 'Something unexpected happened: {detail}. The log has the details.',
});

export function sentenceOf(code: ErrorCode, params: ErrorParams, t: Translate = plain): string {
  return t(errors[code], { ...params });
}

export function describeError(error: unknown, t: Translate = plain): string {
  const known = asOpenExecError(error);
  return sentenceOf(known.code, known.params, t);
}

export const hasSentence = (code: string): code is ErrorCode => Object.hasOwn(errors, code);
