/** What is wrong with the plan; each line leads to its place. */
import { findTask, type PlanDocument, type Problem } from '../../src/core/model/plan.js';
import { usePanel } from '../context.js';
import { plural } from '../format.js';
import { t } from '../l10n.js';
import { Icon } from '../parts/status.js';

const ranks = { error: 0, warning: 1, info: 2 } as const;
const looks = { error: ['error', 'bad'], warning: ['warning', 'care'], info: ['info', 'plain'] } as const;

export function Problems({ problems, document }: { problems: readonly Problem[]; document: PlanDocument }) {
  const { panel } = usePanel();
  if (problems.length === 0) return null;
  const words = { error: t('error'), warning: t('warning'), info: t('note') };
  /** A story leads to its first task. */
  const placeOf = (subject: string | undefined): string | undefined =>
    subject === undefined
      ? undefined
      : findTask(document, subject)
        ? subject
        : document.stories.find((story) => story.id === subject)?.tasks[0]?.id;
  return (
    <details className="problems" open={problems.some((problem) => problem.severity === 'error')}>
      <summary>{plural(problems.length, '{n} problem', '{n} problems')}</summary>
      <ul className="plain-list">
        {problems
          .toSorted((a, b) => ranks[a.severity] - ranks[b.severity])
          .map((problem, index) => {
            const [icon, tone] = looks[problem.severity];
            const place = placeOf(problem.subject);
            return (
              <li key={index}>
                <Icon name={icon} tone={tone} /> <span className="dim">{words[problem.severity]}</span>{' '}
                {place ? (
                  <button type="button" className="link" onClick={() => panel.setView({ task: place })}>
                    {problem.subject}
                  </button>
                ) : (
                  problem.subject
                )}{' '}
                {problem.message}
              </li>
            );
          })}
      </ul>
    </details>
  );
}
