/** What stands before a run, in lines: what it will do, what runs unasked and what asks, and what it may spend. */
import type { Result } from '../model/requests.js';
import { showLine, showText } from '../text/harmless.js';
import { environmentLine } from './environment-name.js';
import { money, tokensOf } from './amounts.js';
import { reasonSentence } from './reasons.js';
import { plain, safely, type Translate } from './translate.js';

export type Preview = Result<'run/preview'>;

export interface PreviewLines {
  /** Undefined where the run has none to choose. */
  blueprint: string | undefined;
  model: string;
  /** Where its commits go. */
  git: string;
  budget: string;
  /** In the order they run. */
  tasks: string[];
  /** Commands, each once. */
  unasked: string[];
  asks: string[];
  /** What the project brings of its own, and whether commands use it. */
  environments: string[];
  /** Sentences: what is worth knowing before it starts. */
  notes: string[];
  /** Sentences: why it would not start as things are. Nothing is offered but to mend them. */
  stops: string[];
}

export function previewLines(preview: Preview, translate: Translate = plain): PreviewLines {
  const t = safely(translate);
  const once = (commands: readonly string[]): string[] => [...new Set(commands)].map(showText);
  return {
    blueprint: preview.blueprint && blueprintLine(preview.blueprint, t),
    model: modelName(preview.model, preview.recorded, t) || t('no model connected'),
    git: gitLine(preview, t),
    budget: budgetLine(preview, t),
    tasks: preview.tasks.map((task) => `${showLine(task.id)}  ${showLine(task.title)}`),
    unasked: once(preview.unasked),
    asks: once(preview.asks),
    environments: preview.environments.map((one) =>
      one.state === 'new' || one.state === 'changed'
        ? t('{line}; starting approves it', { line: environmentLine(one, t) })
        : environmentLine(one, t),
    ),
    notes: preview.notes.map((note) => reasonSentence(note, t)),
    stops: preview.stops.map((stop) => reasonSentence(stop, t)),
  };
}

/** The recorded model is always named as what it is. */
export const modelName = (model: string, recorded: boolean, t: Translate = plain): string =>
  recorded ? t('Recorded model (demo)') : showLine(model);

const budgetLine = ({ budgetUsd, budgetTokens }: Preview, t: Translate): string =>
  [
    budgetUsd === null ? t('no limit in money') : money(budgetUsd, t),
    ...(budgetTokens === null ? [] : [tokensOf(budgetTokens, null, t)]),
  ].join(' · ');

function gitLine({ commits, branch }: Preview, t: Translate): string {
  if (!commits) return t('no commits');
  return branch === null ? t('no branch') : t('commits on {branch}', { branch });
}

const blueprintLine = ({ name, id, origin, file, hash }: NonNullable<Preview['blueprint']>, t: Translate): string =>
  [
    showLine(name),
    ...(name === id ? [] : [showLine(id)]),
    ...(origin === 'workspace' ? [showLine(file)] : []),
    t('hash {hash}', { hash: hash.slice(0, 12) }),
  ].join(' · ');

/** What starting from this sheet approves: a run is started with them. */
export const approvedByStart = (preview: Preview): string[] =>
  preview.environments.filter(({ state }) => state === 'new' || state === 'changed').map(({ hash }) => hash);
