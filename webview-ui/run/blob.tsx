/** A stored text, fetched when it is looked at. */
import { useEffect, useState } from 'react';
import { HostError } from '../host.js';
import { usePanel } from '../context.js';
import { bytes } from '../format.js';
import { t } from '../l10n.js';

export type BlobText =
  | { state: 'loading' }
  | { state: 'failed'; message: string }
  | { state: 'there'; text: string; bytes: number; binary: boolean; cut: boolean };

/** `null` is "no file": an empty text. */
export function useBlob(hash: string | null, max = 400_000): BlobText {
  const { panel } = usePanel();
  const [blob, setBlob] = useState<BlobText>({ state: 'loading' });
  useEffect(() => {
    if (hash === null) return setBlob({ state: 'there', text: '', bytes: 0, binary: false, cut: false });
    let gone = false;
    setBlob({ state: 'loading' });
    panel.host.request('blob/text', { hash, max }).then(
      (found) => !gone && setBlob({ state: 'there', ...found }),
      (error: unknown) =>
        !gone && setBlob({ state: 'failed', message: error instanceof HostError ? error.message : String(error) }),
    );
    return () => {
      gone = true;
    };
  }, [panel, hash, max]);
  return blob;
}

const prettyJson = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // it is shown as it is
  }
};

/** `fromEnd`: of a long text the end is worth most. */
export function Blob({
  title,
  hash,
  pretty = false,
  fromEnd = false,
}: {
  title: string;
  hash: string;
  pretty?: boolean;
  fromEnd?: boolean;
}) {
  const blob = useBlob(hash);
  return (
    <section>
      <h3>{title}</h3>
      {blob.state === 'loading' && <p className="dim">{t('Loading')}</p>}
      {blob.state === 'failed' && <p role="alert">{blob.message}</p>}
      {blob.state === 'there' &&
        (blob.binary ? (
          <p className="dim">{t('Not text ({size}).', { size: bytes(blob.bytes) })}</p>
        ) : (
          <LongText text={pretty ? prettyJson(blob.text) : blob.text} fromEnd={fromEnd} />
        ))}
      {blob.state === 'there' && blob.cut && (
        <p className="dim">{t('Cut here; {size} in all.', { size: bytes(blob.bytes) })}</p>
      )}
    </section>
  );
}

const SHOWN = 20_000;

/** The first or last part of a long text, the rest on request. */
export function LongText({ text, fromEnd = false }: { text: string; fromEnd?: boolean }) {
  const [all, setAll] = useState(false);
  const long = text.length > SHOWN && !all;
  const rest = (
    <button type="button" className="link" onClick={() => setAll(true)}>
      {t('Show all {size}', { size: bytes(text.length) })}
    </button>
  );
  return (
    <>
      {long && fromEnd && rest}
      <pre tabIndex={0}>{long ? (fromEnd ? text.slice(-SHOWN) : text.slice(0, SHOWN)) : text}</pre>
      {long && !fromEnd && rest}
    </>
  );
}
