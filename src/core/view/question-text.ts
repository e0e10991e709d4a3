/**
 * The sentences of a question, from its code and parameters: who wants what, and why it is asked. The
 * English of a question is stored with it and is part of the run's record, which an exact replay compares:
 * what is worded anew here gets a new code.
 */
import type { Approval } from '../model/approval.js';
import { whyDecided } from './decision.js';
import type { Reason } from '../model/primitives.js';
import { showLine, showLines } from '../text/harmless.js';
import { classSentence } from './command-class.js';
import type { Translate } from './translate.js';

interface Budget {
  task: string;
  stage: string;
  what: string;
  spent: number;
  limit: number;
}

/** By code, what each sentence is made of. Of attention it is the code of its subject. */
interface Params {
  /** `what`: in the words of the model, '' for none. `path`: of the only file. */
  'change-set': { stage: string; files: number; path: string; what: string };
  'merge-change-set': { task: string; files: number; path: string; what: string };
  /** They stand on the disk already. `path`: of the only file; `command`: the first of them. */
  'commands-changed': { stage: string; files: number; path: string; command: string; commands: number };
  command: { stage: string; command: string };
  /** It was in flight when the process ended. */
  'command-again': { command: string };
  'manual-task': { task: string; title: string; story: string };
  /** The model's own; its words are the title. */
  question: { stage: string };
  'retries-exhausted': { task: string; stage: string };
  'total-retries-exhausted': { task: string; stage: string; max: number };
  'attempts-exhausted': { task: string; stage: string; max: number };
  'paused-by-blueprint': { task: string; stage: string };
  'budget-exceeded': Budget;
  'task-budget-exceeded': Budget;
  'stage-budget-exceeded': Budget;
  /** `line`: 0 where there is none. `mergeable`: both sides are texts that could have been merged. */
  'merge-conflict': {
    task: string;
    path: string;
    line: number;
    yours: string;
    theirs: string;
    mergeable: boolean;
  };
  'worktree-setup': { task: string; problem: string };
  /** `difference`: of the first files, as a unified diff. */
  'commit-check': {
    task: string;
    /** What the tree has and the commit has not. */
    kind: 'mine' | 'others' | 'ignored';
    paths: string;
    /** Not named. */
    more: number;
    output: string;
  };
  'branch-switched': { task: string; now: string; then: string };
  'put-back': { task: string; command: string; path: string; difference: string };
  'whose-change': { task: string; command: string; path: string; files: number; difference: string };
  'check-green': { task: string };
  /** `kind`, `why`, `what`: of a CommandClass. `output`: its last lines. */
  'check-cannot-run': { task: string; kind: string; why: string; what: string; script: string; output: string };
  'stage-cannot-run': { task: string; stage: string; command: string; why: string; what: string; output: string };
  'blueprint-unreadable': { id: string; problem: string };
}

export type WordingCode = keyof Params;
export type Wording = {
  [Code in WordingCode]: { code: Code; params: { [Name in keyof Params[Code]]: Params[Code][Name] } };
}[WordingCode];

/** Absent: said by who asks, in its own words (the policy's reason, the model's question). */
export interface QuestionText {
  title?: string;
  why?: string;
}

const texts: { readonly [Code in WordingCode]: (params: Params[Code], t: Translate) => QuestionText } = {
  'change-set': ({ stage, files, path, what }, t) => ({
    title: withWhat(
      files === 1
        ? t('{stage} wants to change {path}', { stage, path })
        : t('{stage} wants to change {files} files', { stage, files }),
      what,
    ),
  }),
  'merge-change-set': ({ task, files, path, what }, t) => ({
    title: withWhat(
      files === 1
        ? t('The merge of {task} wants to change {path}', { task, path })
        : t('The merge of {task} wants to change {files} files', { task, files }),
      what,
    ),
  }),
  'commands-changed': ({ files, path, command, commands }, t) => ({
    title:
      commands > 1
        ? files === 1
          ? t('{commands} commands changed {path}: keep that?', { commands, path })
          : t('{commands} commands changed {files} files: keep that?', { commands, files })
        : files === 1
          ? t('{command} changed {path}: keep that?', { command, path })
          : t('{command} changed {files} files: keep that?', { command, files }),
  }),
  command: (params, t) => ({ title: t('{stage} wants to run {command}', params) }),
  'command-again': (params, t) => ({
    title: t('Run {command} again?', params),
    why: t('It was running when OpenExec stopped; how far it came is not known.'),
  }),
  'manual-task': ({ task, title, story }, t) => ({
    title: t('Start {task}: {title}?', { task, title }),
    why: t('The story {story} is in manual mode.', { story }),
  }),
  question: (params, t) => ({ why: t('{stage} asks before it goes on.', params) }),
  'retries-exhausted': ({ task, stage }, t) => ({
    title: stageFailed(task, stage, t),
    why: t('The stage {stage} failed more often than its retries allow.', { stage }),
  }),
  'total-retries-exhausted': ({ task, stage, max }, t) => ({
    title: stageFailed(task, stage, t),
    why: t('More than {max} failures in one attempt.', { max }),
  }),
  'attempts-exhausted': ({ task, stage, max }, t) => ({
    title: stageFailed(task, stage, t),
    why: t('All {max} attempts failed.', { max }),
  }),
  'paused-by-blueprint': (params, t) => ({
    title: t('{task} is paused at {stage}', params),
    why: t('The blueprint says to pause here.'),
  }),
  'budget-exceeded': (params, t) => ({
    title: t('The budget is used up at {task}', { task: params.task }),
    why: grantsAgain(params, t),
  }),
  'task-budget-exceeded': (params, t) => ({
    title: t('The budget of the task is used up at {task}', { task: params.task }),
    why: grantsAgain(params, t),
  }),
  'stage-budget-exceeded': (params, t) => ({
    title: t('The budget of the stage {stage} is used up at {task}', { stage: params.stage, task: params.task }),
    why: grantsAgain(params, t),
  }),
  'merge-conflict': ({ task, path, line, yours, theirs, mergeable }, t) => {
    const sides = [t('Your tree has:'), yours, t('{task} has:', { task }), theirs].join('\n');
    return {
      title: mergeable
        ? t('{task} and your tree changed the same lines of {path}', { task, path })
        : t('{path} cannot be merged from the work of {task}', { path, task }),
      why: line > 0 ? `${t('Line {line}.', { line })} ${sides}` : sides,
    };
  },
  'worktree-setup': ({ task, problem }, t) => ({
    title: t('{task}: its worktree could not be set up', { task }),
    why: t('The setup script of openexec.yaml did not pass: {problem}.', { problem }),
  }),
  'commit-check': ({ task, kind, paths, more, output }, t) => {
    const named = more > 0 ? t('{paths} and {more} more', { paths, more }) : paths;
    return {
      title:
        kind === 'mine'
          ? t('{task}: its check passes only with your uncommitted changes in {paths}', { task, paths: named })
          : kind === 'others'
            ? t('{task}: its check passes only with files that are not committed, such as {paths}', {
                task,
                paths: named,
              })
            : t('{task}: its check does not pass in a clean worktree of the commit', { task }),
      why: [
        kind === 'ignored'
          ? t(
              'The commit holds all that is not ignored, so the check needs files that git ignores, or the folder it stands in.',
            )
          : t('In a worktree of the commit, without them, it does not pass. Nothing was committed yet.'),
        output,
      ]
        .filter(Boolean)
        .join('\n'),
    };
  },
  'branch-switched': ({ task, now, then }, t) => ({
    title: t('{task} is ready to be committed, and {now} is checked out now, not {then}', { task, now, then }),
    why: t('The run began on {then}. Nothing was committed yet.', { then }),
  }),
  'put-back': ({ command, path, difference }, t) => ({
    title: t('{path} changed after {command} had changed it: put it back all the same?', { path, command }),
    why: [t('What the command made of it was rejected; what came since may be yours.'), difference]
      .filter(Boolean)
      .join('\n'),
  }),
  'whose-change': ({ command, path, files, difference }, t) => ({
    title:
      files === 1
        ? t('Whose change of {path} is it, yours or that of {command}?', { path, command })
        : t('Whose changes of {files} files are they, yours or those of {command}?', { files, command }),
    why: [t('They came while the command ran, and so did work of yours. Nothing was put back.'), difference]
      .filter(Boolean)
      .join('\n'),
  }),
  'check-green': ({ task }, t) => ({
    title: t('{task}: its check passes before the work', { task }),
    why: t('A check that exits 0 already proves nothing about what the task will do.'),
  }),
  'check-cannot-run': ({ task, kind, why, what, script, output }, t) => ({
    title:
      kind === 'broken'
        ? t('{task}: its check does not get as far as the work', { task })
        : kind === 'timed-out'
          ? t('{task}: its check did not end in time', { task })
          : t('{task}: its check cannot be run here', { task }),
    why: [
      classSentence({ kind, why, what }, t),
      t('That is evidence of nothing, so no work has begun and nothing was paid for.'),
      ...commandAndOutput(script, output),
    ].join('\n'),
  }),
  'stage-cannot-run': ({ task, stage, command, why, what, output }, t) => ({
    title: t('{task}: {stage} cannot be run here', { task, stage }),
    why: [
      classSentence({ kind: 'cannot-run', why, what }, t),
      t('No change of the code mends that, so it is asked before a model is paid for it.'),
      ...commandAndOutput(command, output),
    ].join('\n'),
  }),
  'blueprint-unreadable': ({ id, problem }, t) => ({
    title: t('The blueprint this run began with cannot be read'),
    why: t('{id}: {problem}. Start over with {id} as it stands now, or give the run up.', { id, problem }),
  }),
};

const commandAndOutput = (command: string, output: string): string[] => [
  `$ ${command}`,
  ...(output === '' ? [] : [output]),
];
const withWhat = (wants: string, what: string): string => (what === '' ? wants : `${wants}: ${what}`);
const stageFailed = (task: string, stage: string, t: Translate): string =>
  t('{task} needs you: {stage} failed', { task, stage });
const grantsAgain = ({ what, spent, limit }: Budget, t: Translate): string =>
  t('{what}: {spent} of {limit}. Going on grants the same amount again.', { what, spent, limit });

const known = (code: string): code is WordingCode => Object.hasOwn(texts, code);

/** As it is stored: not made safe to be shown. A code of another version says nothing. */
export function questionText<Code extends WordingCode>(
  wording: { code: Code; params: Params[Code] } | Reason,
  t: Translate,
): QuestionText {
  // What was stored is checked by its code alone: a missing parameter shows as its name, as in any sentence.
  return known(wording.code) ? texts[wording.code](wording.params as never, t) : {};
}

/** What a question says, safe to be shown: the title in one line. Rows of older versions say it in English only. */
export function askedText(
  { title, why, wording, because }: Pick<Approval, 'title' | 'why' | 'wording' | 'because'>,
  t: Translate,
): { title: string; why: string } {
  const text = wording ? questionText(wording, t) : {};
  return { title: showLine(text.title ?? title), why: showLines(text.why ?? whyDecided({ reason: why, because }, t)) };
}
