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

/** A server of Node ends a quiet connection after five seconds, and a request that it crosses would fail. */
const maxIdleMs = 4_000;

/**
 * Returns a function that sends a request without a proxy, and keeps the connection open for the next one. Uses Node's own client, which
 * parses responses natively: undici compiles its parser to WebAssembly at each start. The function rejects with the error of the
 * system, or with the reason of `signal`. Reading the body may reject with both, too.
 */
export function directSender(): (target: URL, request: DirectRequest) => Promise<DirectResponse> {
  const agents = new Map<string, Agent>();
  return async (target, { method, headers, body, signal, connectMs }) => {
    signal?.throwIfAborted();
    const { Agent, request } = target.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const agent = agents.get(target.protocol) ?? new Agent({ keepAlive: true, timeout: maxIdleMs });
    agents.set(target.protocol, agent);
    // Node would send the body of a DELETE without a length.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(target, { agent, method, headers: { ...headers, ...length } });
    limitConnecting(sent, connectMs);
    return new Promise((resolve, reject) => {
      let received: IncomingMessage | undefined;
      const abort = () => (received ?? sent).destroy(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      sent.once('close', () => signal?.removeEventListener('abort', abort));
      // After the response, the connection may still fail. Then reading the body rejects.
      sent.on('error', reject);
      sent.once('response', (response) => {
        received = response;
        resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: response });
      });
      sent.end(body);
    });
  };
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
