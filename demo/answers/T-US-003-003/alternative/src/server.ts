/** Connects the app to node:http. PORT says where; 8080 without it. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createApp } from './app.ts';
import { createQuoteStore } from './quotes.ts';
import { limitWrites } from './rate-limit.ts';

const first = JSON.parse(await readFile(new URL('../data/quotes.json', import.meta.url), 'utf8'));
const limit = { perMinute: 30, now: Date.now };
const app = limitWrites(createApp(createQuoteStore(first)), limit);
const port = Number(process.env.PORT ?? 8080);

const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const method = incoming.method ?? 'GET';
  const request = new Request(`http://localhost:${port}${incoming.url ?? '/'}`, {
    method,
    headers: { 'x-client': incoming.socket.remoteAddress ?? 'unknown' },
    ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.concat(chunks) }),
  });
  const response = await app(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
});

server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`Quotes at http://localhost:${port}/quotes\n`);
});
