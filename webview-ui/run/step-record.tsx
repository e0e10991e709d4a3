/**
 * What a stage kept for the stages after it:
 * the context pack with what was left out, the findings of a review, a result, the full output.
 */
import { useEffect, useState } from 'react';
import { z } from 'zod';
import type { Result } from '../../src/core/model/requests.js';
import { usePanel } from '../context.js';
import { HostError } from '../host.js';
import { count } from '../format.js';
import { t } from '../l10n.js';
import { Blob, LongText } from './blob.js';

const item = z.object({ type: z.string(), source: z.string(), tokens: z.number() });
const packSchema = z.object({ included: z.array(item), excluded: z.array(item.extend({ reason: z.string() })) });
const findingsSchema = z
  .union([z.array(z.unknown()), z.object({ verdict: z.array(z.unknown()) }).transform((value) => value.verdict)])
  .pipe(
    z
      .array(
        z.object({ severity: z.string(), file: z.string().default(''), line: z.number().nullish(), what: z.string() }),
      )
      .min(1),
  );

export function StepRecord({ step: key }: { step: string }) {
  const { panel } = usePanel();
  const [found, setFound] = useState<Result<'run/step'>['step']>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let gone = false;
    panel.host.request('run/step', { step: key }).then(
      ({ step }) => !gone && setFound(step),
      (error: unknown) => !gone && setProblem(error instanceof HostError ? error.message : String(error)),
    );
    return () => {
      gone = true;
    };
  }, [panel, key]);
  if (problem) return <p role="alert">{problem}</p>;
  if (!found) return found === undefined ? <p className="dim">{t('Loading')}</p> : null;
  const pack = packSchema.safeParse(found.result);
  const findings = findingsSchema.safeParse(found.result);
  return (
    <>
      {pack.success ? (
        <Pack {...pack.data} />
      ) : findings.success ? (
        <Findings list={findings.data} />
      ) : (
        found.result !== undefined && (
          <section>
            <h3>{t('Result handed in')}</h3>
            <LongText text={JSON.stringify(found.result, null, 2)} />
          </section>
        )
      )}
      {found.output && (
        <Blob
          title={pack.success ? t('The context as it was given') : t('Full output')}
          hash={found.output}
          fromEnd={!pack.success}
        />
      )}
    </>
  );
}

/** First what was left out: that is what explains a wrong answer. */
function Pack({ included, excluded }: z.infer<typeof packSchema>) {
  const sum = (list: readonly { tokens: number }[]): string => count(list.reduce((all, each) => all + each.tokens, 0));
  return (
    <section>
      <h3>
        {t('Left out of the context')}{' '}
        <span className="dim">
          {t('{n} items, about {tokens} tokens', { n: excluded.length, tokens: sum(excluded) })}
        </span>
      </h3>
      {excluded.length === 0 ? (
        <p className="dim">{t('Nothing: everything that was found fitted.')}</p>
      ) : (
        <Items list={excluded} reason />
      )}
      <h3>
        {t('In the context')}{' '}
        <span className="dim">
          {t('{n} items, about {tokens} tokens', { n: included.length, tokens: sum(included) })}
        </span>
      </h3>
      <Items list={included} />
    </section>
  );
}

function Items({
  list,
  reason = false,
}: {
  list: readonly (z.infer<typeof item> & { reason?: string })[];
  reason?: boolean;
}) {
  return (
    <table className="tasks">
      <thead>
        <tr>
          <th scope="col">{t('What')}</th>
          <th scope="col" className="number">
            {t('Tokens')}
          </th>
          {reason && <th scope="col">{t('Why')}</th>}
        </tr>
      </thead>
      <tbody>
        {list.map((each, index) => (
          <tr key={index}>
            <td>
              {each.source === each.type ? (
                each.type.replaceAll('_', ' ')
              ) : (
                <>
                  <code>{each.source}</code> <span className="dim">{each.type.replaceAll('_', ' ')}</span>
                </>
              )}
            </td>
            <td className="number">{count(each.tokens)}</td>
            {reason && <td>{each.reason}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Findings({ list }: { list: z.infer<typeof findingsSchema> }) {
  const { panel, snapshot } = usePanel();
  const root = snapshot.environment?.root ?? '';
  return (
    <section>
      <h3>{t('What the review found')}</h3>
      <ul className="plain-list">
        {list.map((each, index) => (
          <li key={index}>
            <strong>{each.severity}</strong>{' '}
            {each.file && (
              <button
                type="button"
                className="link"
                onClick={() =>
                  panel.host.send({
                    type: 'open-file',
                    root,
                    path: each.file,
                    ...(each.line ? { line: each.line } : {}),
                  })
                }
              >
                <code>{each.line ? `${each.file}:${each.line}` : each.file}</code>
              </button>
            )}{' '}
            {each.what}
          </li>
        ))}
      </ul>
    </section>
  );
}
