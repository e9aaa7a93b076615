import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface DirectRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Time limit for the connection, with its TLS handshake. */
  readonly connectMs: number;
}

export interface DirectResponse {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Node's servers close an idle connection after five seconds. A request sent at that moment fails. */
const maxIdleMs = 4_000;

/** Codes of the errors with which a request on a connection fails that the server has closed. */
const closedCodes: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

type Send = typeof import('node:http').request;

/**
 * Returns a function that sends a request without a proxy, and keeps the connection open for the next one. Uses Node's own client, which
 * parses responses natively: undici compiles its parser to WebAssembly at each start. The function rejects with the error of the
 * system, or with the reason of `signal`. Reading the body may reject with both, too.
 */
export function directSender(): (target: URL, request: DirectRequest) => Promise<DirectResponse> {
  const agents = new Map<string, Agent>();
  return async (target, request) => {
    const { Agent, request: send } =
      target.protocol === 'https:' ? await import('node:https') : await import('node:http');
    // A server may close an idle connection at any time, so a request on one may fail after the server has received it.
    if (!isRepeatable(request)) return sendRequest(send, target, request, false);
    const agent = agents.get(target.protocol) ?? new Agent({ keepAlive: true, timeout: maxIdleMs });
    agents.set(target.protocol, agent);
    return sendRequest(send, target, request, agent);
  };
}

/** Returns whether the server does the same if it receives a request twice. */
function isRepeatable({ method, headers }: DirectRequest): boolean {
  return method === 'GET' || method === 'HEAD' || 'idempotency-key' in headers;
}

/**
 * Sends a request on a connection of `agent`, or on a new one that ends with the response if that is false. If the server has closed the
 * connection of an agent, sends the request once more, on a new one.
 */
async function sendRequest(
  send: Send,
  target: URL,
  request: DirectRequest,
  agent: Agent | false,
): Promise<DirectResponse> {
  const { method, headers, body, signal, connectMs } = request;
  signal?.throwIfAborted();
  // Node would send the body of a DELETE without a length.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = send(target, { agent, method, headers: { ...headers, ...length } });
  limitConnecting(sent, connectMs);
  return new Promise((resolve, reject) => {
    let received: IncomingMessage | undefined;
    const abort = () => (received ?? sent).destroy(signal?.reason);
    // After the response, the connection may still fail. Then this does nothing, and reading the body rejects.
    const fail = (error: Error & { code?: unknown }) => {
      const isClosed = received === undefined && sent.reusedSocket && closedCodes.includes(error.code);
      if (isClosed && agent !== false) resolve(sendRequest(send, target, request, false));
      else reject(error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    sent.on('error', fail);
    sent.once('close', () => {
      signal?.removeEventListener('abort', abort);
      // Some responses, such as 101, end a request without any other event.
      reject(Object.assign(new Error('Connection closed'), { code: 'ECONNRESET' }));
    });
    sent.once('response', (response) => {
      received = response;
      resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: response });
    });
    sent.end(body);
  });
}

/** Ends a request that has no connection within this time. */
function limitConnecting(request: ClientRequest, limitMs: number): void {
  request.once('socket', (socket) => {
    if (request.reusedSocket) return;
    const error = Object.assign(new Error('No connection in time'), { code: 'CONNECT_TIMEOUT' });
    const timer = setTimeout(() => request.destroy(error), limitMs);
    const stop = () => clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop).once('close', stop);
  });
}
