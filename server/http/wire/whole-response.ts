import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Clock } from '../../domain/clock.ts';

/** Longer than the keep-alive of common proxies, so that the proxy closes an idle connection and not the server. */
export const keepAliveTimeoutMs = 75_000;

/**
 * Header fields as text: `Name: value`, each with CRLF. Each value is visible ASCII and spaces, so that no value adds a line of its own.
 */
export type FieldLines = string & { readonly fieldLines: unique symbol };

/** Composes header fields. @throws TypeError if a value has any other character */
export function fieldLines(fields: ReadonlyArray<readonly [name: string, value: string]>): FieldLines {
  let lines = '';
  for (const [name, value] of fields) {
    if (!/^[ -~]*$/.test(value)) throw new TypeError(`The field ${name} has a character that it must not have.`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines as FieldLines;
}

/**
 * Sends a response whose fields and body are complete. `body` holds its bytes as latin1, and `lines` holds its `Content-Length`. A response to HEAD
 * gets no body.
 */
export type SendWhole = (res: ServerResponse, status: number, lines: FieldLines, body?: string) => void;

/** Whether the connection must close after this response, whatever the request says. Absent in responses that Node may not keep alive. */
export const closesConnection = Symbol('closes connection');

/** A response of our servers. `_header` is the text that Node sends before the body. It is null until the head is written. */
interface OwnResponse extends ServerResponse {
  readonly [closesConnection]?: boolean;
  _header?: string | null;
}

/**
 * Creates the function that sends responses. Node validates and copies each field, and writes the body of a response as a chunk of its own, which
 * takes as long as the lookup of a token. So this function composes the text that Node would send, and passes it as the head.
 *
 * It does so only for the requests that proxies send: HTTP/1.1 without `Expect`, on a connection that stays open. Node composes all others. So does
 * a version of Node that keeps the head elsewhere.
 */
export function createSendWhole({ now }: Pick<Clock, 'now'>): SendWhole {
  let second = Number.NaN;
  let connectionLines = '';

  function linesOfConnection(): string {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      connectionLines = `Date: ${new Date(1000 * second).toUTCString()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${keepAliveTimeoutMs / 1000}\r\n\r\n`;
    }
    return connectionLines;
  }

  return (res: OwnResponse, status, lines, body = '') => {
    if (mayCompose(res)) {
      res.statusCode = status;
      res._header = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}${linesOfConnection()}${body}`;
      res.end();
    } else {
      res.writeHead(status, fieldsOf(lines));
      if (res.req.method === 'HEAD') res.end();
      else res.end(body, 'latin1');
    }
  };
}

function mayCompose(res: OwnResponse): boolean {
  const { req } = res;
  return (
    res[closesConnection] === false &&
    res._header === null &&
    res.shouldKeepAlive &&
    req.httpVersionMinor === 1 &&
    req.method !== 'HEAD' &&
    // The client may leave out its body after this response. Node then closes the connection, or it would read the next request as that body.
    req.headers.expect === undefined
  );
}

/** Returns the fields as Node takes them: name, value, name, value, …. */
function fieldsOf(lines: FieldLines): string[] {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => {
      const end = line.indexOf(': ');
      return [line.slice(0, end), line.slice(end + 2)];
    });
}
