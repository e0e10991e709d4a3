/** A model turn: the prompt as it was sent and the answer as it came, message by message. */
import { z } from 'zod';
import type { EventOf } from '../../src/core/model/event.js';
import { count, money } from '../format.js';
import { t } from '../l10n.js';
import { Blob, LongText, useBlob } from './blob.js';
import { Facts } from '../parts/facts.js';
import { modelName } from '../parts/model-name.js';

const block = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool-use'), name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('tool-result'), content: z.string(), isError: z.boolean().default(false) }),
  z.object({ type: z.string() }),
]);
const sent = z.object({
  system: z.string().default(''),
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(block)]) })),
  tools: z.array(z.object({ name: z.string() })).default([]),
});
const received = z.object({ content: z.array(block) });
type Block = z.infer<typeof block>;

export function ModelCall({ event }: { event: EventOf<'model-called'> }) {
  const { usage } = event;
  return (
    <>
      <Facts
        rows={[
          [t('Model'), modelName(event.model)],
          [t('Ended with'), event.stop],
          [t('Cost'), money(event.costUsd)],
          [
            t('Tokens'),
            t('{input} in, {output} out, {cached} from cache', {
              input: count(usage.input),
              output: count(usage.output),
              cached: count(usage.cacheRead),
            }),
          ],
          ...(event.tools.length > 0 ? ([[t('Asked for'), event.tools.join(', ')]] as const) : []),
        ]}
      />
      <Answer hash={event.response} />
      <Prompt hash={event.request} />
    </>
  );
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // shown as it is
  }
}

function Answer({ hash }: { hash: string }) {
  const blob = useBlob(hash);
  const answer = blob.state === 'there' ? parse(received, blob.text) : undefined;
  if (!answer) return <Blob title={t('Answer')} hash={hash} pretty />;
  return (
    <section>
      <h3>{t('Answer')}</h3>
      {answer.content.map((each, index) => (
        <BlockView key={index} block={each} />
      ))}
    </section>
  );
}

function Prompt({ hash }: { hash: string }) {
  const blob = useBlob(hash);
  const prompt = blob.state === 'there' ? parse(sent, blob.text) : undefined;
  if (!prompt) return <Blob title={t('Prompt as sent')} hash={hash} pretty />;
  return (
    <section>
      <h3>{t('Prompt as sent')}</h3>
      {prompt.system && (
        <Message role={t('system')}>
          <LongText text={prompt.system} />
        </Message>
      )}
      {prompt.messages.map((message, index) => (
        <Message key={index} role={message.role}>
          {typeof message.content === 'string' ? (
            <LongText text={message.content} />
          ) : (
            message.content.map((each, at) => <BlockView key={at} block={each} />)
          )}
        </Message>
      ))}
      {prompt.tools.length > 0 && (
        <p className="dim">
          {t('Tools offered: {names}', { names: prompt.tools.map((tool) => tool.name).join(', ') })}
        </p>
      )}
    </section>
  );
}

function Message({ role, children }: { role: string; children: React.ReactNode }) {
  return (
    <div className="message">
      <div className="role">{role}</div>
      {children}
    </div>
  );
}

function BlockView({ block: each }: { block: Block }) {
  if ('text' in each) return <LongText text={each.text} />;
  if ('name' in each)
    return (
      <div>
        <div className="dim">{t('calls {tool}', { tool: each.name })}</div>
        <LongText text={JSON.stringify(each.input, null, 2)} />
      </div>
    );
  if ('content' in each)
    return (
      <div>
        <div className="dim">{each.isError ? t('result: an error') : t('result')}</div>
        <LongText text={each.content} />
      </div>
    );
  return <p className="dim">{t('kept as it came, not shown ({type})', { type: each.type })}</p>;
}
