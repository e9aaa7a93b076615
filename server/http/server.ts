import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { limits } from '../../shared/limits.ts';
import type { IntrospectionHandler } from './oauth/introspection.ts';
import type { VerifyHandler } from './verify/handler.ts';
import { refuseUnreadable } from './verify/unreadable.ts';

export interface HttpServerDeps {
  /** Asked first, before a request costs more than its headers. */
  verifyHandler: VerifyHandler;
  /** Asked next. */
  introspectionHandler: IntrospectionHandler;
  app: { fetch(request: Request, env: HttpBindings): Response | Promise<Response> };
}

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Without it the two above are looked at every 30 s only. */
  connectionsCheckingInterval: 500,
  /** Longer than proxies keep an idle connection, so that they close it first. */
  keepAliveTimeout: 75_000,
};

/** Who reads nothing of an answer for so long is cut; Node looks twice, so it may take twice as long. */
const stillMs = 20_000;

/** How long a connection that got a last answer may go on sending before it is cut, so that the answer arrives. */
const lingerMs = 1_000;

/** The newest answer on a connection, and how many are waiting behind others. */
const newest = Symbol('newest answer');
const behind = Symbol('answers behind others');
type Tracked = Duplex & { [newest]?: ServerResponse; [behind]?: number };

/**
 * Who sends many requests without waiting for answers, and reads none, would have us keep them all: a packet of requests is
 * a hundred times as many answers. Proxies send one at a time.
 */
const mostBehind = 16;

/** The one listener of the daemon, not yet listening. Once `close` was called, each answer closes its connection. */
export function createHttpServer({ verifyHandler, introspectionHandler, app }: HttpServerDeps): Server {
  class Answer extends ServerResponse {
    override writeHead(...head: unknown[]): this {
      if (!server.listening) this.shouldKeepAlive = false;
      return super.writeHead(...(head as Parameters<ServerResponse['writeHead']>));
    }
  }

  const appListener = getRequestListener(
    async (request, env) => {
      const response = await app.fetch(request, env as HttpBindings);
      const outgoing = env.outgoing as ServerResponse;
      if (response.status === 401) separateChallenges(response, outgoing);
      outgoing.setTimeout(stillMs);
      return response;
    },
    // For HTTP/1.0, which needs no Host: many health checks send none.
    { hostname: 'localhost' },
  );

  const answer = (req: IncomingMessage, res: ServerResponse, beforeBody?: () => void): void => {
    if (!mayWait(req.socket, res)) return;
    if (verifyHandler(req, res)) return;
    beforeBody?.();
    if (introspectionHandler(req, res)) return;
    void appListener(req, res);
  };

  const server = createServer(
    { maxHeaderSize: limits.headerBytes, requireHostHeader: false, ServerResponse: Answer, ...timeouts },
    (req, res) => answer(req, res),
  );
  server.maxHeadersCount = 0;
  server.on('checkContinue', (req, res) => answer(req, res, () => res.writeContinue()));
  server.on('checkExpectation', (req, res) => answer(req, res));
  server.on('connect', (req, socket) => {
    // Node has let go of this connection: its errors and its end are ours, and unheard an error would end the daemon.
    socket.on('error', () => socket.destroy());
    const before = (socket as Tracked)[newest];
    // An earlier request still waits for its answer, and Node will not let another one have the connection.
    if (before !== undefined && !(before.writableFinished && before.socket === null)) return socket.destroy();
    const res = new Answer(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket as Socket);
    res.on('finish', () => endWith(socket, ''));
    if (!verifyHandler(req, res)) endWith(socket, emptyAnswer('400 Bad Request'));
  });
  server.on('clientError', (error, socket) => refuseMessage(error, socket, (socket as Tracked)[newest]));
  return server;
}

/** False if the connection was cut, because too many answers wait on it. */
function mayWait(socket: Tracked, res: ServerResponse): boolean {
  if (socket.destroyed) return false;
  const before = socket[newest];
  socket[newest] = res;
  if (before === undefined || before.writableFinished) return true;
  socket[behind] = (socket[behind] ?? 0) + 1;
  res.once('close', () => {
    socket[behind] = (socket[behind] ?? 1) - 1;
  });
  if (socket[behind] <= mostBehind) return true;
  socket.destroy();
  return false;
}

/** `Headers` joins repeated fields; each challenge goes out in a field of its own. */
function separateChallenges(response: Response, outgoing: ServerResponse): void {
  const joined = response.headers.get('WWW-Authenticate');
  if (joined === null) return;
  outgoing.setHeader('WWW-Authenticate', joined.split(/, (?=[A-Za-z]+(?: |,|$))/));
  response.headers.delete('WWW-Authenticate');
}

/** Answers what is no HTTP message, is too large or too slow; silently, if an answer to it was already begun. */
function refuseMessage(error: ParserError, socket: Duplex, last: ServerResponse | undefined): void {
  const begun = last?.headersSent && !(last.writableFinished && last.req.complete);
  if (!socket.writable || begun) {
    socket.destroy();
    return;
  }
  const pending = last !== undefined && !last.headersSent;
  endWith(socket, answerTo(error, pending));
}

interface ParserError extends NodeJS.ErrnoException {
  /** What was being parsed. */
  rawPacket?: Buffer;
}

/** `pending`: an earlier request still waits, and would take a 401 for its own. */
function answerTo({ code, rawPacket }: ParserError, pending: boolean): string {
  if (code === 'HPE_HEADER_OVERFLOW') return emptyAnswer('431 Request Header Fields Too Large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return emptyAnswer('408 Request Timeout');
  return (pending ? null : refuseUnreadable(rawPacket)) ?? emptyAnswer('400 Bad Request');
}

function emptyAnswer(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

function endWith(socket: Duplex, answer: string): void {
  socket.end(answer, 'latin1');
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(cut));
}
