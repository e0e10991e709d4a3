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
