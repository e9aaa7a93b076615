import { beforeAll, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { LeakFeedback } from '../../../shared/schemas/tokens/leaks.ts';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';

let server: TestServer;
let credentials: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  ({ credentials } = await addClient(server, 'scanner', false, true));
  return server.close;
});

const item = (token: string, more: object = {}) => ({
  token,
  type: 'tokens',
  url: 'https://git.example.com/a',
  ...more,
});
const unknown = () => item(generateToken('tok').reveal(), { padding: 'x'.repeat(600) });
const send = (body: string | ReadableStream, headers = credentials) =>
  fetch(`http://127.0.0.1:${server.port}/leaks/report`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
    duplex: 'half',
  } as RequestInit);

/** Sends a body in parts, so that it has no Content-Length. */
const inParts = (text: string) =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < text.length; at += 50_000)
        controller.enqueue(new TextEncoder().encode(text.slice(at, at + 50_000)));
      controller.close();
    },
  });

it('accepts a report of almost a megabyte through a socket, with and without Content-Length', async () => {
  for (const form of ['whole', 'parts']) {
    const { token } = await createToken(server, server.dev, { name: form });
    const body = JSON.stringify([...Array.from({ length: 999 }, unknown), item(token)]);
    expect(body.length).toBeGreaterThan(700_000);
    const response = await send(form === 'whole' ? body : inParts(body));
    expect(response.status).toBe(200);
    const labels = ((await response.json()) as LeakFeedback).map(({ label }) => label);
    expect(labels).toHaveLength(1000);
    expect(labels.at(-1)).toBe('true_positive');
    expect(await verdict(server, token)).toBe('revoked');
  }
});

it('rejects a larger one, and one without credentials', async () => {
  const { token } = await createToken(server, server.dev, { name: 'kept' });
  const body = JSON.stringify([item(token, { padding: 'x'.repeat(1_100_000) })]);
  expect((await send(body)).status).toBe(413);
  expect((await send(body, {})).status).toBe(401);
  expect(await verdict(server, token)).toBe(200);
});
