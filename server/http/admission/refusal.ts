import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemType } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';

const detail = 'The server is busy, so it did not process this request. Try again in a few seconds.';

/** In seconds. */
const retryAfter = 2;

interface Refusal {
  fields: string[];
  body: string;
}

/** For browsers, and for monitoring systems that log the body. */
const plain: Refusal = prepare('text/plain; charset=utf-8', `${detail}\n`);

const { status, title } = problems.unavailable;
const problem = { type: problemType('unavailable'), title, status, detail, code: 'unavailable' };

/** The prepared responses, each with the start of the paths for which it is. */
const refusals: ReadonlyArray<readonly [prefix: string, Refusal]> = [
  [
    '/oauth/',
    prepare('application/json', JSON.stringify({ error: 'temporarily_unavailable', error_description: detail })),
  ],
  ['/api-token-auth', prepare('application/json', JSON.stringify({ detail }))],
  ['/api/', prepare('application/problem+json', JSON.stringify(problem))],
  ['/leaks/', prepare('application/problem+json', JSON.stringify(problem))],
];

function prepare(type: string, body: string): Refusal {
  const fields = {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Retry-After': String(retryAfter),
  };
  return { fields: Object.entries(fields).flat(), body };
}

/** Responds with 503 in the format of the path. */
export function refuse(req: IncomingMessage, res: ServerResponse): void {
  const url = req.url ?? '';
  // Close the connection if part of the body is unread. Otherwise Node would read it to its end.
  if (!req.complete) res.shouldKeepAlive = false;
  const { fields, body } = refusals.find(([prefix]) => url.startsWith(prefix))?.[1] ?? plain;
  res.writeHead(status, fields).end(req.method === 'HEAD' ? undefined : body);
}
