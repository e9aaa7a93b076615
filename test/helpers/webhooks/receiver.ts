import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';

interface Verifier {
  verify(body: string, headers: Record<string, string>): unknown;
}

/** The verifier of the package `standardwebhooks`. */
const { Webhook } = createRequire(import.meta.url)('standardwebhooks') as { Webhook: new (secret: string) => Verifier };

export interface Received {
  id: string;
  headers: Record<string, string>;
  body: string;
  json: { type: string; timestamp: string; data: { id: string; action: string; changes: object[] | null } };
}

export type Answer = (request: Received, response: ServerResponse) => unknown;

/** Starts an HTTP server on loopback that keeps what it receives. It answers 204, or as `answer` does. */
export async function startReceiver(answer: Answer = (_request, response) => response.writeHead(204).end()) {
  const received: Received[] = [];
  const state = { answer };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const one = { id: headers['webhook-id'] ?? '', headers, body, json: JSON.parse(body) };
    received.push(one);
    await state.answer(one, response);
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    /** Changes how it answers from now on. */
    answer(next: Answer) {
      state.answer = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

export const answerStatus =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end('an answer that nobody reads');

/** Throws unless the request is signed with the secret and was signed about `now`, according to the package `standardwebhooks`. */
export function verifySignature(secret: string, { body, headers }: Received, now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now });
  try {
    new Webhook(secret).verify(body, headers);
  } finally {
    vi.useRealTimers();
  }
}
