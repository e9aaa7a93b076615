import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { limits } from '../../shared/limits.ts';
import type { Admission } from './admission/admission.ts';
import { endAfterLastResponse } from './admission/excess.ts';
import { createMessageClass, newestResponse, trackResponse } from './admission/pipelining.ts';
import type { IntrospectionHandler } from './oauth/introspection.ts';
import { createOwnPath } from './paths/base-path.ts';
import type { VerifyHandler } from './verify/handler.ts';
import { findVerifyRoute } from './verify/proxies.ts';
import { denyUnreadable } from './verify/unreadable.ts';
import { closesConnection, keepAliveTimeoutMs } from './wire/whole-response.ts';

export interface HttpServerDeps {
  /** The path of this URL is removed from every request. */
  publicUrl: string;
  /**
   * Receives every request first, before a body is accepted with 100 Continue. Null: `/verify/*` is not served here but
   * at the internal listener.
   */
  verifyHandler: VerifyHandler | null;
  /** Admits the requests that `verifyHandler` does not handle. */
  admission: Admission;
  /** Receives the requests that `verifyHandler` does not handle. */
  introspectionHandler: IntrospectionHandler;
  app: { fetch(request: Request, env: HttpBindings): Response | Promise<Response> };
}

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How often Node checks the two timeouts above. Its default is 30 s. */
  connectionsCheckingInterval: 500,
  keepAliveTimeout: keepAliveTimeoutMs,
};

/** How long a client may pause reading a response. Node then closes the connection, but may take twice as long. */
const stalledResponseMs = 20_000;

/** How long the connection stays open after its last response, so that the response can arrive. */
const lingerMs = 1_000;

/** Creates the daemon's HTTP server, not listening yet. After `close`, each response closes its connection. */
export function createHttpServer({
  publicUrl,
  verifyHandler,
  admission,
  introspectionHandler,
  app,
}: HttpServerDeps): Server {
  const ownPath = createOwnPath(publicUrl);
  class ClosingResponse extends ServerResponse {
    get [closesConnection](): boolean {
      return !server.listening;
    }

    override writeHead(...head: unknown[]): this {
      if (this[closesConnection]) this.shouldKeepAlive = false;
      return super.writeHead(...(head as Parameters<ServerResponse['writeHead']>));
    }
  }

  const appListener = getRequestListener(
    async (request, env) => {
      const response = await app.fetch(request, env as HttpBindings);
      const outgoing = env.outgoing as ServerResponse;
      if (response.status === 401) separateChallenges(response, outgoing);
      outgoing.setTimeout(stalledResponseMs);
      return response;
    },
    // The host of HTTP/1.0 requests without a Host field, which many health checks send.
    { hostname: 'localhost' },
  );

  const respond = (req: IncomingMessage, res: ServerResponse, acceptBody?: () => void): void => {
    if (req.socket.destroyed) return;
    const earlier = trackResponse(req.socket, res);
    req.url = ownPath(req.url ?? '/');
    if (rejectFields(req, res) || verifyHandler?.(req, res)) return;
    const start = () => {
      if (!introspectionHandler(req, res)) void appListener(req, res);
    };
    const admit = () => {
      if (req.socket.destroyed) return;
      // A request is admitted when its body has arrived.
      acceptBody?.();
      admission.admit(req, res, start);
    };
    if (earlier === undefined) admit();
    else earlier.once('close', admit);
  };

  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      // With this buffer, a body of the maximum length arrives before anything reads it.
      highWaterMark: limits.maxBodyBytes + 1,
      requireHostHeader: false,
      IncomingMessage: createMessageClass(
        (url) => verifyHandler !== null && findVerifyRoute(ownPath(url)) !== undefined,
      ),
      ServerResponse: ClosingResponse as typeof ServerResponse,
      ...timeouts,
    },
    (req, res) => respond(req, res),
  );
  server.maxHeadersCount = 0;
  server.on('connection', admission.connected);
  server.on('checkContinue', (req, res) => respond(req, res, () => res.writeContinue()));
  server.on('checkExpectation', (req, res) => respond(req, res));
  server.on('upgrade', (_req, socket) => endAfterLastResponse(socket as Socket, () => endConnection(socket, '')));
  server.on('connect', (req, socket) => {
    // Node detaches its listeners from a CONNECT socket. An error without a listener would end the daemon.
    socket.on('error', () => socket.destroy());
    const earlier = newestResponse(socket);
    // A socket can be assigned to one response only, and an earlier request on this connection still has it.
    if (earlier !== undefined && !(earlier.writableFinished && earlier.socket === null)) return socket.destroy();
    const res = new ClosingResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket as Socket);
    res.on('finish', () => endConnection(socket, ''));
    if (!verifyHandler?.(req, res)) endConnection(socket, emptyResponse('400 Bad Request'));
  });
  server.on('clientError', (error, socket) => {
    // Without its bytes, the message could not get the 401 of a verification route.
    if (verifyHandler === null) Object.assign(error, { rawPacket: undefined });
    rejectMessage(error, socket, newestResponse(socket));
  });
  return server;
}

/**
 * Responds to a request with too many header fields, closes the connection, and returns true. Reading ten thousand small
 * fields takes milliseconds, so a client that repeats such requests must connect again for each.
 */
function rejectFields(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.rawHeaders.length <= 2 * limits.maxHeaderFields) return false;
  res.writeHead(431, { Connection: 'close', 'Content-Length': 0 }).end();
  return true;
}

/** Sends each challenge in its own field. The Fetch API's `Headers` joins repeated fields with commas. */
function separateChallenges(response: Response, outgoing: ServerResponse): void {
  const joined = response.headers.get('WWW-Authenticate');
  if (joined === null) return;
  outgoing.setHeader('WWW-Authenticate', joined.split(/, (?=[A-Za-z]+(?: |,|$))/));
  response.headers.delete('WWW-Authenticate');
}

interface ParserError extends NodeJS.ErrnoException {
  /** The bytes in which parsing failed. */
  rawPacket?: Buffer;
}

/**
 * Responds to a message that is not valid HTTP, is too large or arrives too slowly. If a response to the message has
 * already begun, only closes the connection, because the error then comes from the rest of the message's body.
 */
function rejectMessage(error: ParserError, socket: Duplex, newest: ServerResponse | undefined): void {
  const begun = newest?.headersSent && !(newest.writableFinished && newest.req.complete);
  if (!socket.writable || begun) {
    socket.destroy();
    return;
  }
  const hasPending = newest !== undefined && !newest.headersSent;
  endConnection(socket, errorResponse(error, hasPending));
}

/**
 * Returns the response to a parser error. If an earlier request on the connection has no response yet, the status is never
 * 401, because the client would read it as the response to that request.
 */
function errorResponse({ code, rawPacket }: ParserError, hasPending: boolean): string {
  if (code === 'HPE_HEADER_OVERFLOW') return emptyResponse('431 Request Header Fields Too Large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return emptyResponse('408 Request Timeout');
  return (hasPending ? null : denyUnreadable(rawPacket)) ?? emptyResponse('400 Bad Request');
}

function emptyResponse(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

function endConnection(socket: Duplex, response: string): void {
  socket.end(response, 'latin1');
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(cut));
}
