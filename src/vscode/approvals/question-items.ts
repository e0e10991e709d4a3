/** The choices of a question as rows of a quick pick: their words from core/view, their icons from here. Pure. */
import type { Choice, QuestionView } from '../../core/view/questions.js';

const icons: Readonly<Partial<Record<Choice['id'], string>>> = {
  once: 'check',
  run: 'check-all',
  always: 'verified',
  start: 'play',
  words: 'edit',
  decline: 'close',
  retry: 'refresh',
  edit: 'edit',
  continue: 'debug-continue',
  skip: 'debug-step-over',
  accept: 'check',
  'give-up': 'circle-slash',
};

export interface QuestionItem {
  label: string;
  detail?: string;
  choice: Choice;
}

/**
 * The first row says what is at stake, so that it stands in view before a yes. An ellipsis: something more is asked.
 */
export function questionItems({ stake, choices }: QuestionView): QuestionItem[] {
  return choices.map((choice, index) => {
    const icon = icons[choice.id];
    const detail = [choice.detail, index === 0 && choice.id === 'once' ? stake : ''].filter(Boolean).join(' · ');
    return {
      label: `${icon ? `$(${icon}) ` : ''}${choice.label}${choice.wants ? '…' : ''}`,
      ...(detail && { detail }),
      choice,
    };
  });
}
