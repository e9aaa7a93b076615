import { readBody } from '../api/responses.ts';

const nullBodyStatuses = [101, 204, 205, 304];

/** Wraps `send` so that it returns complete `Response` objects, which the OAuth library requires. */
export function standardFetch(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const received = await send(input, init);
    const { status, headers } = received;
    const body = await readBody(received);
    return new Response(nullBodyStatuses.includes(status) ? null : body, { status, headers: [...headers] });
  };
}
