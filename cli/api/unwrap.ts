import type { ClientResponse } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { ProblemDetails } from '../../shared/problem.ts';
import { CliError, localError } from '../errors.ts';
import { LostAnswer, networkError } from './exchange.ts';

/** The body of the answers with a 2xx status. */
export type Success<R> =
  R extends ClientResponse<infer Body, infer Status, string>
    ? Status extends SuccessStatusCode
      ? Body
      : never
    : never;

/** An answer whose body has been read. `body` is undefined if it was not a JSON value. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

type AnyResponse = Pick<ClientResponse<unknown, number, string>, 'status' | 'headers' | 'url'> & {
  text(): Promise<string>;
};

/** The body of a 2xx answer. Throws the daemon's problem as `CliError`, or `not-tokensd`. */
export async function unwrap<R extends AnyResponse>(pending: Promise<R>): Promise<Success<R>> {
  const answer = await receive(pending);
  if (answer.status >= 200 && answer.status < 300) {
    if (answer.status !== 204 && !isObject(answer.body)) throw notTokensd();
    return answer.body as Success<R>;
  }
  throw problemOf(answer);
}

/** Waits for the whole answer. Throws `LostAnswer` if it breaks off. */
export async function receive(pending: Promise<AnyResponse>): Promise<Answer> {
  const response = await pending;
  const text = await response.text().catch((error: unknown) => {
    throw networkError(error, response.url || 'The server');
  });
  return { status: response.status, headers: response.headers, body: parse(text) };
}

/** What a refusal says: the daemon's problem, or a local one if this is no daemon's answer. */
export function problemOf(answer: Answer): CliError {
  const { body, status } = answer;
  if (isProblem(body)) return new CliError(body);
  if (status >= 502 && status <= 504) {
    return new LostAnswer('unavailable', `A gateway before the server answered ${status}. Try again later.`, true);
  }
  return notTokensd();
}

export function notTokensd(): CliError {
  return localError('not-tokensd', 'The answer is not a tokensd server’s. Check the server address.');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isProblem(body: unknown): body is ProblemDetails {
  return (
    isObject(body) &&
    typeof body.code === 'string' &&
    typeof body.title === 'string' &&
    typeof body.detail === 'string' &&
    typeof body.status === 'number'
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
