import type { ClientResponse } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { FieldError, ProblemDetails } from '../../shared/problem.ts';
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

type AnyResponse = Pick<ClientResponse<unknown, number, string>, 'status' | 'headers' | 'url' | 'body'>;

/** Bytes, decompressed. Far more than a page of anything, far less than the memory of a small machine. */
const longestAnswer = 16 * 1024 * 1024;

/** The body of a 2xx answer. Throws the daemon's problem as `CliError`, or `not-tokensd`. */
export async function unwrap<R extends AnyResponse>(pending: Promise<R>): Promise<Success<R>> {
  const answer = await receive(pending);
  if (isSuccess(answer)) {
    if (answer.status !== 204 && !isObject(answer.body)) throw notTokensd();
    return answer.body as Success<R>;
  }
  throw problemOf(answer);
}

/** Waits for the whole answer. Throws `LostAnswer` if it breaks off, and `not-tokensd` if it goes on and on. */
export async function receive(pending: Promise<AnyResponse>): Promise<Answer> {
  const response = await pending;
  const bytes = await readBody(response);
  return { status: response.status, headers: response.headers, body: parse(bytes.toString('utf8')) };
}

/** Every byte of an answer. Throws as `receive`. */
export async function readBody(response: Pick<AnyResponse, 'url' | 'body'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > longestAnswer) throw notTokensd();
    }
  } catch (error) {
    throw networkError(error, response.url || 'The server');
  }
  return Buffer.concat(chunks);
}

export function isSuccess({ status }: Pick<Answer, 'status'>): boolean {
  return status >= 200 && status < 300;
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
    typeof body.status === 'number' &&
    ['string', 'undefined'].includes(typeof body.request_id) &&
    (body.errors === undefined || (Array.isArray(body.errors) && body.errors.every(isFieldError)))
  );
}

function isFieldError(value: unknown): value is FieldError {
  return isObject(value) && typeof value.pointer === 'string' && typeof value.detail === 'string';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
