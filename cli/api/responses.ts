import type { ClientResponse } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { FieldError, ProblemDetails } from '../../shared/problem.ts';
import { CliError, localError, localProblem } from '../errors.ts';
import type { Shape } from './shape.ts';
import { LostResponse, toNetworkError } from './transport/network-errors.ts';

/** The body of a route's 2xx responses. */
type SuccessBody<R> =
  R extends ClientResponse<infer Body, infer Status, string>
    ? Status extends SuccessStatusCode
      ? Body
      : never
    : never;

/** A response whose body has been read. `body` is undefined if it was not JSON. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

type AnyResponse = Pick<ClientResponse<unknown, number, string>, 'status' | 'headers' | 'url' | 'body'>;

/** Maximum size of a response body. A page of 200 tokens is about 100 KB. */
const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Waits for a 2xx response and returns its body.
 * @throws CliError the daemon's problem, or `not-tokensd` if the body does not have the expected shape.
 */
export async function expectBody<R extends AnyResponse>(
  pending: Promise<R>,
  shape: Shape<NoInfer<SuccessBody<R>>>,
): Promise<SuccessBody<R>> {
  const response = await readResponse(pending);
  if (!isSuccess(response)) throw problemOf(response);
  const mismatch = shape(response.body);
  if (mismatch !== null) throw notTokensd(new Error(`The body${mismatch}`));
  return response.body as SuccessBody<R>;
}

/** Like `expectBody`, and returns the ETag as well. @throws CliError `not-tokensd` without an ETag */
export async function expectTagged<R extends AnyResponse>(
  pending: Promise<R>,
  shape: Shape<NoInfer<SuccessBody<R>>>,
): Promise<{ body: SuccessBody<R>; etag: string }> {
  const response = await pending;
  const body = await expectBody(Promise.resolve(response), shape);
  const etag = response.headers.get('etag');
  if (etag === null) throw notTokensd(new Error('The response has no ETag'));
  return { body, etag };
}

/** Waits for a 2xx response whose body is not used. @throws CliError the daemon's problem, or `not-tokensd`. */
export async function expectSuccess(pending: Promise<AnyResponse>): Promise<void> {
  await expectStatus(pending);
}

/** Like `expectSuccess`, and returns the status. */
export async function expectStatus(pending: Promise<AnyResponse>): Promise<number> {
  const response = await readResponse(pending);
  if (!isSuccess(response)) throw problemOf(response);
  if (response.status !== 204 && !isObject(response.body)) throw notTokensd();
  return response.status;
}

/**
 * Waits for a 2xx response with JSON, and yields its text as it arrives, however long it is.
 * @throws CliError the daemon's problem, or `not-tokensd`. @throws LostResponse if the connection breaks, also while the text is read
 */
export async function textOf(
  pending: Promise<AnyResponse & Pick<ClientResponse<unknown>, 'headers'>>,
): Promise<AsyncIterable<string>> {
  const response = await pending;
  if (!isSuccess(response)) throw problemOf(await readResponse(Promise.resolve(response)));
  if (response.headers.get('content-type')?.startsWith('application/json') !== true) throw notTokensd();
  return (async function* () {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) yield decoder.decode(chunk, { stream: true });
    } catch (error) {
      throw toNetworkError(error, response.url || 'The server');
    }
    yield decoder.decode();
  })();
}

/** Reads the whole response. @throws LostResponse if the connection breaks. @throws CliError as `readBody`. */
export async function readResponse(pending: Promise<AnyResponse>): Promise<ReceivedResponse> {
  const response = await pending;
  const bytes = await readBody(response);
  return { status: response.status, headers: response.headers, body: parseJson(bytes.toString('utf8')) };
}

/**
 * Returns a response whose body, or `text` in its place, can be read several times. It has only the parts that responses of `ctx.fetch` have.
 */
export async function repeatable(response: Response, text?: string): Promise<Response> {
  const { status, headers, url } = response;
  const body = text === undefined ? await readBody(response) : Buffer.from(text);
  return { status, headers, url, body: [body] } as unknown as Response;
}

/** Reads every byte of a body. @throws CliError `not-tokensd` for more than 16 MiB. */
export async function readBody(response: Pick<AnyResponse, 'url' | 'body'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > maxBodyBytes) throw notTokensd(new Error('The body is longer than 16 MiB'));
    }
  } catch (error) {
    throw toNetworkError(error, response.url || 'The server');
  }
  return Buffer.concat(chunks);
}

export function isSuccess({ status }: Pick<ReceivedResponse, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** Returns the daemon's problem from an error response, or a local one if something else sent the response. */
export function problemOf({ body, status, headers }: ReceivedResponse): CliError {
  const retryAfterSeconds = retryAfter(headers);
  if (isProblem(body)) return new CliError(body, { retryAfterSeconds });
  if (status === 429) {
    const problem = localProblem('throttled', 'A gateway in front of the server limits requests.');
    return new CliError(problem, { retryAfterSeconds });
  }
  if (status >= 502 && status <= 504) {
    const detail = `A gateway in front of the server responded with ${status}${requestIdIn(headers)}. Try again later.`;
    return new LostResponse('unavailable', detail, true);
  }
  return notTokensd();
}

/** Returns the ID by which the operator of a gateway finds the request in its log, as part of a sentence. */
function requestIdIn(headers: Pick<Headers, 'get'>): string {
  const id = headers.get('x-request-id') ?? '';
  return id === '' || id.length > 128 ? '' : ` (request ID ${id})`;
}

export const notTokensdDetail = 'The response is not from a tokensd server. Check the server address.';

/** Creates the error for a response that is not from tokensd. `--verbose` prints the message of `cause`. */
export function notTokensd(cause?: Error): CliError {
  return localError('not-tokensd', notTokensdDetail, cause);
}

/** Returns the seconds in `Retry-After`, or null if there are none. Ignores dates, which tokensd never sends. */
export function retryAfter(headers: Pick<Headers, 'get'>): number | null {
  const value = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(value) ? Number(value) : null;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
