import { usePanel } from '../context.js';

/** What a plan was made from: its text, or a link to its file where that lies in the folder. */
export function AskedFor({ text, fromFile }: { text: string; fromFile: boolean }) {
  const { panel, snapshot } = usePanel();
  if (!fromFile || text.includes('\n') || text.startsWith('/'))
    return <blockquote className="intent">{text}</blockquote>;
  const root = snapshot.environment?.root ?? '';
  return (
    <button type="button" className="link" onClick={() => panel.host.send({ type: 'open-file', root, path: text })}>
      {text}
    </button>
  );
}
