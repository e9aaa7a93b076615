/** The same `fetch`, with answers that are whole Responses: the OAuth library takes nothing less. */
export function withResponses(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const answer = await send(input, init);
    if (answer instanceof Response) return answer;
    const { status, headers, body } = answer as Pick<Response, 'status' | 'headers' | 'body'>;
    const chunks: Uint8Array[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    const empty = [101, 204, 205, 304].includes(status);
    return new Response(empty ? null : Buffer.concat(chunks), { status, headers: [...headers] });
  };
}
