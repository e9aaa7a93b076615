import { readBody } from '../api/unwrap.ts';

/** The same `fetch`, with answers that are whole Responses: the OAuth library takes nothing less. */
export function withResponses(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const answer = await send(input, init);
    const { status, headers } = answer;
    const body = await readBody(answer);
    const empty = [101, 204, 205, 304].includes(status);
    return new Response(empty ? null : body, { status, headers: [...headers] });
  };
}
