import type { RotateTokenBody } from '../../shared/schemas/tokens/token-changes.ts';
import type { CreatedToken, Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Context } from '../context.ts';
import { CliError, hasCode } from '../errors.ts';
import type { Api } from './client.ts';
import { readIssued } from './issue-token.ts';
import { LostResponse } from './transport/network-errors.ts';

/** A rotation failed, but the daemon may have given the token a value that nobody knows. */
export class ValueMayBeLost extends CliError {}

/**
 * Gives a token a new value and returns it.
 * 1. Sends the request with an Idempotency-Key.
 * 2. If the response is lost, or the daemon does not know the outcome, repeats the request once with the same key.
 * 3. If the daemon then replies that it has rotated the token, the new value is lost. Rotates once more, which ends the value
 *    before the rotation, because a token has at most one previous value.
 * @throws ValueMayBeLost if the token may have a value that nobody knows.
 */
export async function rotateToken(
  api: Api,
  id: string,
  body: RotateTokenBody,
  uuid: () => string,
): Promise<CreatedToken> {
  const rotated = await rotateOrRepeat(api, id, body, uuid());
  if ('token' in rotated) return rotated;
  const again = await rotateOrRepeat(api, id, { ...body, end_previous: true }, uuid()).catch(throwMayBeLost);
  if ('token' in again) return again;
  const detail = 'The connection breaks whenever the server responds. Try again later.';
  throwMayBeLost(new LostResponse('unreachable', detail, false));
}

async function rotateOrRepeat(api: Api, id: string, body: RotateTokenBody, key: string): Promise<CreatedToken | Token> {
  const rotate = () =>
    readIssued(api.tokens[':id'].rotate.$post({ param: { id }, json: body, header: { 'idempotency-key': key } }));
  try {
    return await rotate();
  } catch (error) {
    const wasLost = error instanceof LostResponse && error.sent;
    if (!wasLost && !hasCode(error, 'outcome-unknown')) throw error;
  }
  return rotate().catch(throwMayBeLost);
}

function throwMayBeLost(error: unknown): never {
  throw error instanceof CliError ? new ValueMayBeLost(error.problem, { cause: error }) : error;
}

/** Reports whether a token has expired. Its status says so only if it is not paused as well. */
export function hasExpired({ expires_at: expiresAt }: Token, { now }: Pick<Context, 'now'>): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now().getTime();
}
