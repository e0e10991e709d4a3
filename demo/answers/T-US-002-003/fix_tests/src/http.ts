/** Answers in the one shape this API has: JSON, and errors as a sentence. */
export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
}

export function failure(status: number, sentence: string): Response {
  return json(status, { error: sentence });
}

export type Read = { ok: true; value: unknown } | { ok: false; status: number; problem: string };

/** The body of a request as a value; a body over `limit` characters is refused. */
export async function readJson(request: Request, limit: number): Promise<Read> {
  const text = await request.text();
  if (text.length > limit) return { ok: false, status: 413, problem: 'The body is too large.' };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, status: 400, problem: 'The body is not JSON.' };
  }
}
