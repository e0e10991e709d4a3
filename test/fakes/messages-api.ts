/**
 * A loopback server that speaks the Messages API as the official SDK expects it, and refuses a conversation that the real
 * one refuses. Answers are scripts; faults are data. A refused request takes no answer of the script.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusalOf } from './strict-messages.js';

export type Block = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: unknown };

export type Reply =
  | {
      kind: 'message';
      content: Block[];
      stop?: string;
      usage?: {
        input_tokens: number;
        output_tokens: number;
        cache_read_input_tokens?: number;
        cache_creation_input_tokens?: number;
      };
      delayMs?: number;
      after?: Promise<unknown>;
    }
  | { kind: 'error'; status: number; type: string; message: string; headers?: Record<string, string> }
  /** An error event in the middle of a stream. */
  | { kind: 'error-event'; type: string; message: string }
  | { kind: 'reset-mid-stream' }
  /** Sends a text and then nothing. */
  | { kind: 'begins'; text: string }
  /** Sends the head and then nothing. */
  | { kind: 'stall' }
  /** Sends the head, and pings for ever. */
  | { kind: 'pings' }
  /** Takes the request and sends not even a head. */
  | { kind: 'silent' }
  | { kind: 'malformed-event' }
  /** Ends inside a tool call's JSON. */
  | { kind: 'cut-tool-json'; name: string; json: string }
  | { kind: 'redirect'; to: string };

export interface MessagesApi {
  url: string;
  /** What it refused, in its words. */
  refused: string[];
  /** Those it took. */
  requests: { headers: Record<string, string | string[] | undefined>; body: Record<string, unknown> }[];
  /** Answers whose client went away before their end. */
  left(): number;
  close(): Promise<void>;
}

export async function startMessagesApi(
  script: readonly Reply[] | ((body: Record<string, unknown>, n: number) => Reply),
): Promise<MessagesApi> {
  const requests: MessagesApi['requests'] = [];
  const refused: string[] = [];
  let left = 0;
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8') || '{}';
    const problem = refusalOf(text);
    if (problem !== undefined) {
      refused.push(problem);
      await answer(response, { kind: 'error', status: 400, type: 'invalid_request_error', message: problem }, '');
      return;
    }
    const body = JSON.parse(text) as Record<string, unknown>;
    requests.push({ headers: request.headers, body });
    const reply =
      typeof script === 'function'
        ? script(body, requests.length)
        : script[Math.min(requests.length, script.length) - 1];
    response.on('close', () => {
      if (!response.writableFinished) left++;
    });
    if (!reply) response.writeHead(500).end();
    else await answer(response, reply, String(body['model']));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    refused,
    left: () => left,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function answer(response: ServerResponse, reply: Reply, model: string): Promise<void> {
  if (reply.kind === 'error') {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify({ type: 'error', error: { type: reply.type, message: reply.message } }));
    return;
  }
  if (reply.kind === 'redirect') {
    response.writeHead(307, { location: reply.to }).end();
    return;
  }
  if (reply.kind === 'silent') return;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const usage = reply.kind === 'message' && reply.usage ? reply.usage : { input_tokens: 10, output_tokens: 5 };
  send('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 },
    },
  });
  switch (reply.kind) {
    case 'stall':
      return; // the connection stays open
    case 'pings': {
      const pinging = setInterval(() => send('ping', {}), 20);
      response.on('close', () => clearInterval(pinging));
      return;
    }
    case 'begins':
      sendText(send, 0, reply.text);
      return;
    case 'reset-mid-stream':
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.socket?.resetAndDestroy();
      return;
    case 'malformed-event':
      response.end('event: content_block_delta\ndata: {"type":"content_block_delta", oops\n\n');
      return;
    case 'error-event':
      send('error', { error: { type: reply.type, message: reply.message } });
      response.end();
      return;
    case 'cut-tool-json':
      send('content_block_start', {
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_cut', name: reply.name, input: {} },
      });
      send('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: reply.json } });
      send('content_block_stop', { index: 0 });
      end(send, response, 'max_tokens', usage);
      return;
    case 'message':
      await reply.after;
      if (reply.delayMs) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
      for (const [index, block] of reply.content.entries()) sendBlock(send, index, block);
      end(
        send,
        response,
        reply.stop ?? (reply.content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn'),
        usage,
      );
  }
}

function sendText(send: (type: string, data: object) => void, index: number, text: string): void {
  send('content_block_start', { index, content_block: { type: 'text', text: '' } });
  for (let i = 0; i < text.length; i += 7)
    send('content_block_delta', { index, delta: { type: 'text_delta', text: text.slice(i, i + 7) } });
}

function sendBlock(send: (type: string, data: object) => void, index: number, block: Block): void {
  if (block.type === 'text') {
    sendText(send, index, block.text);
  } else {
    const json = JSON.stringify(block.input);
    send('content_block_start', {
      index,
      content_block: { type: 'tool_use', id: block.id, name: block.name, input: {} },
    });
    for (let i = 0; i < json.length; i += 9)
      send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: json.slice(i, i + 9) } });
  }
  send('content_block_stop', { index });
}

function end(send: (type: string, data: object) => void, response: ServerResponse, stop: string, usage: object): void {
  send('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage });
  send('message_stop', {});
  response.end();
}
