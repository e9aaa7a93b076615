import type { CreatedToken, CreateTokenBody, Token } from '../../shared/schemas/tokens/tokens.ts';
import { isWellFormedToken } from '../../shared/token-format.ts';
import { CliError, hasCode } from '../errors.ts';
import type { Api } from './client.ts';
import { expectSuccess, isObject, isSuccess, notTokensdDetail, problemOf, readResponse } from './responses.ts';
import { createdTokenShape, tokenShape } from './shapes.ts';
import { LostResponse } from './transport/network-errors.ts';

/** Token creation failed, but the daemon may have created the token. `problem` is that of the last request. */
export class TokenMayExist extends CliError {}

/**
 * Creates a token and returns it with its value.
 * 1. Sends the request with an Idempotency-Key.
 * 2. If the response is lost, or the daemon does not know the outcome, repeats the request once with the same key.
 * 3. If the daemon then replies that the token exists already, its value is lost. Revokes that token and starts over once.
 * @throws TokenMayExist if a token without a known value may be left over.
 */
export async function issueToken(api: Api, body: CreateTokenBody, uuid: () => string): Promise<CreatedToken> {
  for (const key of [uuid(), uuid()]) {
    const created = await createOrRepeat(api, body, key);
    if (created && 'token' in created) return created;
    if (created) await revokeToken(api, created.id).catch(throwMayExist);
  }
  throw new LostResponse('unreachable', 'The connection breaks whenever the server responds. Try again later.', false);
}

/** Revokes a token by ID. Succeeds if the token no longer exists. */
export async function revokeToken(api: Api, id: string): Promise<void> {
  await expectSuccess(api.tokens[':id'].$delete({ param: { id } })).catch((error: unknown) => {
    if (!isTokenGone(error)) throw error;
  });
}

export function isTokenGone(error: unknown): boolean {
  return hasCode(error, 'token-not-found') || hasCode(error, 'not-found');
}

/**
 * Creates a token. If the outcome is unknown, repeats the request once, which may return the token without its value.
 * Returns null if the first request created the token and it was revoked before the second.
 */
async function createOrRepeat(api: Api, body: CreateTokenBody, key: string): Promise<CreatedToken | Token | null> {
  try {
    return await create(api, body, key);
  } catch (error) {
    const wasLost = error instanceof LostResponse && error.sent;
    if (!wasLost && !hasCode(error, 'outcome-unknown')) throw error;
  }
  return create(api, body, key).catch((error: unknown) => (isTokenGone(error) ? null : throwMayExist(error)));
}

function create(api: Api, body: CreateTokenBody, key: string): Promise<CreatedToken | Token> {
  return readIssued(api.tokens.$post({ json: body, header: { 'idempotency-key': key } }));
}

/**
 * Waits for the response to a creation or a rotation. Returns the token, without its value if the request was a replay.
 * @throws LostResponse if the response is not a token, so the daemon may have issued a value. @throws CliError the problem.
 */
export async function readIssued(pending: Parameters<typeof readResponse>[0]): Promise<CreatedToken | Token> {
  const response = await readResponse(pending);
  if (!isSuccess(response)) throw problemOf(response);
  const mismatch = mismatchOf(response.body);
  if (mismatch === null) return response.body as CreatedToken | Token;
  throw new LostResponse('not-tokensd', notTokensdDetail, true, new Error(`The body${mismatch}`));
}

/** Checks a response body like a `Shape`. The response to a repeated request has no `token`, so it is optional. */
function mismatchOf(body: unknown): string | null {
  if (!isObject(body) || !('token' in body)) return tokenShape(body);
  const mismatch = createdTokenShape(body);
  if (mismatch !== null) return mismatch;
  return isWellFormedToken(String(body.token)) ? null : '.token is not a token value';
}

function throwMayExist(error: unknown): never {
  throw error instanceof CliError ? new TokenMayExist(error.problem, { cause: error }) : error;
}
