/**
 * The sentence of a reason or a warning in a run's timeline:
 * why a task waits or failed, why a run paused, what was noticed.
 */
import type { Reason } from '../model/primitives.js';
import { showLine } from '../text/harmless.js';
import { questionText } from './question-text.js';
import { hasSentence, plain, sentenceOf, type Translate } from './sentences.js';

const reasons: Readonly<Record<string, string>> = {
  // why a task or an attempt ended, or asks
  'retries-exhausted': 'The stage {stage} failed {failures} times, more than its blueprint allows.',
  'total-retries-exhausted':
    'The stages of this attempt failed {failures} times in all, more than the blueprint allows.',
  'attempts-exhausted': 'Every attempt allowed was used and the work still does not pass.',
  'attempt-failed': 'Attempt {attempt} failed in the stage {stage}.',
  'paused-by-blueprint': 'The blueprint asks for a person at the stage {stage}.',
  'commit-check': 'The check of {task} passes here, and not on what would be committed.',
  'commit-checked': 'The check also runs in a worktree of the commit {sha}.',
  'commit-checked-mine':
    'The check also runs in a worktree of the commit {sha}, without your uncommitted changes in {paths}.',
  'branch-switched': 'Another branch is checked out than the one the run began on.',
  'put-back': 'A rejected change of a command cannot be put back yet: the file has changed since.',
  'whose-change': 'A command and you changed the same files at the same time: whose change is it?',
  'check-green': 'The task’s check passed before any work was done, so it proves nothing.',
  'check-cannot-run': 'The task’s check could not be run before the work: {script}',
  'stage-cannot-run': 'A command of the stage {stage} cannot be run here: {command}',
  'skipped-by-operator': 'Skipped by the person.',
  'dependency-failed': 'It waits for {task}, which did not finish.',
  'command-in-flight':
    'This command was running when OpenExec stopped, and the person did not want it run again: {command}',
  // why a run paused or ended
  'by-operator': 'Paused by the person.',
  'after-story':
    'The story {story} is finished, and the plan says to pause after it. Resume goes on with the next one.',
  'needs-operator': 'A question waits for a person: {title}',
  interrupted: 'The window or the process that ran it went away. Resume goes on where it stopped.',
  'story-check-failed': 'Every task is done, and the own check of the story {story} does not pass.',
  'merge-conflict':
    'The work of {task} and your tree changed the same lines of {path}. Mend one of them and go on, or have the task done anew on your tree as it is.',
  'worktree-setup': 'The setup of the worktree of {task} did not pass: {problem}.',
  'task-removed': 'It was taken out of the plan before it started.',
  'story-open': 'The story {story} has tasks that are not done, or no check any more, so it was not checked.',
  'tasks-left': 'Some tasks are left: {failed} failed, {blocked} could not start. The first is {first}.',
  'schedule-stuck':
    'Nothing runs, and {task} and what builds on it cannot start. Nothing of it failed; the plan’s order leaves no way on.',
  'task-budget-exceeded':
    'The budget of one task is used up: {spent} of {limit} ({what}). Nothing more is sent to the model for it. Going on grants the same again.',
  'stage-budget-exceeded':
    'The budget of one stage is used up: {spent} of {limit} ({what}). Nothing more is sent to the model in it. Going on grants the same again.',
  // what was noticed on the way
  'stage-empty': 'The stage {stage} had nothing to run: {reason}. It proves nothing.',
  'no-sandbox':
    'There is no sandbox here: commands run with your own rights. What the model runs after it changed files is asked about.',
  'not-parallel': 'Parallel stories run one task after the other: {reason}.',
  'merge-left':
    'More files differ in the worktree than a task changes by itself: {files}. Only its own edits were merged.',
  'merge-modes':
    'In the worktree it changed whether these files may be run, and nothing else of them. That was not carried over: {paths}.',
  'merge-unread':
    'These files of the worktree cannot be merged, because they are too large or no plain files, and were left out: {paths}.',
  'gate-warning': 'The gate {gate} failed. It only warns, so the run went on.',
  'blueprint-differs':
    'The blueprint {id} changed since this run began. The run goes on with the one it began with (hash {hash}); start over to use the new one.',
  'stage-time-up':
    'The stage {stage} used up its {seconds} s, so the model call in flight was ended. What that call cost is not known: it is counted with the most it can have cost.',
  'call-lost':
    'A model call was in flight when the run stopped. It was asked again. What the first try cost is not known: it is counted with the most it can have cost.',
  'call-broke':
    'An answer of the model broke off when the run stopped. It was asked again. What the provider had told that it used is counted.',
  'command-denied': 'A command wrote what may not be written, so it was put back: {paths}. {reason}',
  'command-left':
    'What {command} changed is verified and not committed, and cannot be put back, because it is no plain file, is too large, or is kept by a filter: {paths} ({files} in all).',
  'command-unseen': 'What {command} changed could not be told: {problem}. Whatever it changed is not part of the task.',
  'commit-left': 'Changed, but not committed, because git does not have these files of yours or ignores them: {paths}.',
  'left-unsaved': '{path} has unsaved changes of yours, so the change was merged into the editor and not saved.',
  'route-refused':
    'The model wanted to go from the stage {from} to {stage}, which the blueprint does not allow. It was refused.',
  'planning-mismatch': 'The model says that the plan and the code do not fit together: {message}',
  'scope-discovery': 'The model found work that the plan does not hold: {message}',
  'rollback-abandoned': 'A rollback was cut off before it had changed anything. Nothing was rolled back.',
  'rollback-settled': 'A rollback was cut off half way. It was brought to its end.',
  'rollback-left': '{path} changed while a rollback was cut off, so it was left as it is.',
  'dependents-kept':
    '{task} was rolled back, and tasks that build on it were kept: {dependents}. Resume does {task} anew.',
  // what to know before a rollback
  'commands-not-undone':
    'Only files and commits are rolled back. What commands did otherwise stays: installed packages, databases, the network.',
  'reverts-nothing': 'Git is not at hand here, so no commit is made.',
  'commit-elsewhere': 'The commit {commit} is not part of the checked-out branch, so it is not reverted.',
  // what to know before a run
  leftovers:
    'Written by OpenExec in a run that ended half way ({tasks}), and not committed: {files}. Keep them, or roll that task back first.',
  'dirty-tree': 'Files with changes that are not committed: {files}. OpenExec commits only what its tasks change.',
  'price-unknown':
    'What {model} costs is not known here: the limit of {usd} USD counts nothing of it. The limit of {tokens} tokens holds.',
  'no-identity':
    'Git has no name and e-mail to commit with, so the run would pause at its first commit. Set user.name and user.email first, with git config.',
  'commits-wait':
    'Git cannot commit now: {state}. The run would pause at its first commit; finish or leave that first.',
  'own-branch':
    'Commits go to a new branch of the run’s own, which is made from {from} and checked out when the run starts.',
  'branch-refused': 'Git cannot make a branch for the run now: {state}. Finish or leave that first.',
  'hooks-off': 'This repository has hooks for commits ({hooks}). OpenExec’s commits do not run them.',
  'signing-off': 'Your commits are signed, OpenExec’s are not: a setting changes that.',
  'signing-on': 'Commits are signed with your key, as your own are.',
  'signing-unset': 'No commit is signed: git is not set to sign yours here (commit.gpgSign).',
  'no-git': 'The folder is not a git repository, so nothing will be committed.',
  'commands-empty': 'Nothing is run for {kinds}: {file} says so with an empty list.',
  'no-commands': 'No lint, test or build command was found, so only the tasks’ own checks prove the work.',
};

/** A code without a sentence is shown as words, with its parameters: never nothing. */
export function reasonSentence(reason: Reason, t: Translate = plain): string {
  const template = reasons[reason.code];
  const asked = reason.asks && questionText(reason.asks, t).title;
  if (template) return t(template, asked === undefined ? reason.params : { ...reason.params, title: asked });
  if (hasSentence(reason.code)) return sentenceOf(reason.code, reason.params, t);
  const itself = questionText(reason, t).title;
  if (itself !== undefined && !/\{\w+\}/.test(itself)) return showLine(itself); // a question that is the reason, with all of its parameters
  const words = showLine(reason.code.replaceAll('-', ' '));
  const params = Object.entries(reason.params).map(([key, value]) => `${showLine(key)}: ${showLine(String(value))}`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${params.length > 0 ? ` (${params.join(', ')})` : ''}`;
}
