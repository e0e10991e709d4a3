/** What a change did to each file, as a unified diff of the two stored texts. */
import { structuredPatch } from 'diff';
import { useMemo } from 'react';
import { usePanel } from '../context.js';
import { t } from '../l10n.js';
import { useBlob } from './blob.js';

export interface ChangedFileRow {
  path: string;
  op: 'create' | 'modify' | 'delete' | 'rename';
  added: number;
  removed: number;
  before: string | null;
  after: string | null;
}

/** Beyond this many lines a diff is not worth computing in a panel; VS Code's own editor shows it. */
const LINES = 20_000;

const opWord = (op: ChangedFileRow['op']): string =>
  ({ create: t('new'), modify: t('changed'), delete: t('deleted'), rename: t('renamed') })[op];

export function ChangedFiles({ files }: { files: readonly ChangedFileRow[] }) {
  return (
    <>
      {files.map((file) => (
        <FileDiff key={file.path} file={file} />
      ))}
    </>
  );
}

function FileDiff({ file }: { file: ChangedFileRow }) {
  const { panel, snapshot } = usePanel();
  const root = snapshot.environment?.root ?? '';
  const before = useBlob(file.before);
  const after = useBlob(file.after);
  return (
    <section className="file-diff">
      <h3>
        {file.op === 'delete' ? (
          <code>{file.path}</code>
        ) : (
          <button
            type="button"
            className="link"
            title={t('Open File')}
            onClick={() => panel.host.send({ type: 'open-file', root, path: file.path })}
          >
            <code>{file.path}</code>
          </button>
        )}{' '}
        <span className="dim">{`${opWord(file.op)} · +${file.added} −${file.removed}`}</span>
      </h3>
      {before.state === 'failed' && <p role="alert">{before.message}</p>}
      {after.state === 'failed' && <p role="alert">{after.message}</p>}
      {(before.state === 'loading' || after.state === 'loading') && <p className="dim">{t('Loading')}</p>}
      {before.state === 'there' &&
        after.state === 'there' &&
        (before.binary || after.binary ? (
          <p className="dim">{t('Not text: there is no diff to show.')}</p>
        ) : before.cut || after.cut ? (
          <p className="dim">{t('Too large to compare here.')}</p>
        ) : (
          <Diff path={file.path} before={before.text} after={after.text} />
        ))}
    </section>
  );
}

function Diff({ path, before, after }: { path: string; before: string; after: string }) {
  const patch = useMemo(() => {
    if (before.split('\n').length + after.split('\n').length > LINES) return undefined;
    return structuredPatch(path, path, before, after, '', '', { context: 3 });
  }, [path, before, after]);
  if (!patch) return <p className="dim">{t('Too large to compare here.')}</p>;
  return (
    <div className="diff" tabIndex={0} role="group" aria-label={t('Changes of {path}', { path })}>
      {patch.hunks.map((hunk, at) => (
        <div key={at}>
          <div className="hunk-head">{`@@ −${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`}</div>
          {hunk.lines.map((line, index) => (
            <div
              key={index}
              className={line.startsWith('+') ? 'line added' : line.startsWith('-') ? 'line removed' : 'line'}
            >
              <span className="sign">{line.charAt(0)}</span>
              {line.slice(1)}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
