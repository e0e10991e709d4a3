/** Changes one task, and its story's mode: a new version of the plan, which has to be approved again. */
import { useState, type SyntheticEvent } from 'react';
import {
  modeSchema,
  type Mode,
  type PlanDocument,
  type PlanRecord,
  type Story,
  type Task,
} from '../../src/core/model/plan.js';
import { usePanel } from '../context.js';
import { HostError } from '../host.js';
import { t } from '../l10n.js';
import { modeWord } from './mode-word.js';

interface Draft {
  title: string;
  technical_strategy: string;
  depends_on: string;
  verification_script: string;
  mode: Mode;
}

export function withTask(document: PlanDocument, story: string, task: string, draft: Draft): PlanDocument {
  const changed: Partial<Task> = {
    title: draft.title.trim(),
    technical_strategy: draft.technical_strategy.trim(),
    verification_script: draft.verification_script.trim(),
    depends_on: draft.depends_on.split(/[\s,]+/).filter(Boolean),
  };
  return {
    ...document,
    stories: document.stories.map((each) =>
      each.id === story
        ? {
            ...each,
            mode: draft.mode,
            tasks: each.tasks.map((own) => (own.id === task ? { ...own, ...changed } : own)),
          }
        : each,
    ),
  };
}

export function TaskForm({
  plan,
  story,
  task,
  onDone,
}: {
  plan: PlanRecord;
  story: Story;
  task: Task;
  onDone(): void;
}) {
  const { panel } = usePanel();
  const [draft, setDraft] = useState<Draft>({
    title: task.title,
    technical_strategy: task.technical_strategy,
    depends_on: task.depends_on.join(', '),
    verification_script: task.verification_script,
    mode: story.mode ?? 'sequential',
  });
  const [problem, setProblem] = useState('');
  const [saving, setSaving] = useState(false);
  const change = (patch: Partial<Draft>): void => setDraft({ ...draft, ...patch });
  const save = (event?: SyntheticEvent): void => {
    event?.preventDefault();
    setSaving(true);
    panel
      .editPlan(withTask(plan.document, story.id, task.id, draft), t('{task} edited', { task: task.id }))
      .then(onDone, (error: unknown) => {
        setSaving(false);
        setProblem(error instanceof HostError ? error.message : String(error));
      });
  };
  return (
    <form className="task-form" onSubmit={save}>
      <label>
        {t('Title')}
        <input required value={draft.title} onChange={(event) => change({ title: event.target.value })} />
      </label>
      <label>
        {t('Strategy')}
        <textarea
          rows={5}
          value={draft.technical_strategy}
          onChange={(event) => change({ technical_strategy: event.target.value })}
        />
      </label>
      <label>
        {t('Depends on (ids)')}
        <input value={draft.depends_on} onChange={(event) => change({ depends_on: event.target.value })} />
      </label>
      <label>
        {t('Verified by')}
        <textarea
          rows={3}
          className="code"
          value={draft.verification_script}
          onChange={(event) => change({ verification_script: event.target.value })}
        />
      </label>
      <label>
        {t('Mode of {story}', { story: story.id })}
        <select value={draft.mode} onChange={(event) => change({ mode: event.target.value as Mode })}>
          {modeSchema.options.map((mode) => (
            <option key={mode} value={mode}>
              {modeWord(mode)}
            </option>
          ))}
        </select>
      </label>
      <p className="dim">{t('Saving makes a new version of the plan. It has to be approved again before it runs.')}</p>
      {problem && <p role="alert">{problem}</p>}
      <div className="actions">
        {/* a click, not a submit: the page may not send forms */}
        <button type="button" className="primary" disabled={saving || draft.title.trim() === ''} onClick={() => save()}>
          {t('Save')}
        </button>
        <button type="button" onClick={onDone}>
          {t('Discard Edit')}
        </button>
      </div>
    </form>
  );
}
