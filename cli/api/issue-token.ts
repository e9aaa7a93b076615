import type { CreatedToken, CreateTokenBody, Token } from '../../shared/schemas/tokens.ts';
import { isWellFormedToken } from '../../shared/token-format.ts';
import { CliError, hasCode } from '../errors.ts';
import type { Api } from './client.ts';
import { LostAnswer } from './exchange.ts';
import { isObject, isSuccess, problemOf, receive, unwrap } from './unwrap.ts';

/** A creation that failed after a request which the daemon may have acted on. The problem is that of the last try. */
export class MayExist extends CliError {}

/**
 * Creates a token. If the answer is lost on its way, or the daemon itself cannot tell, the request is repeated once with the
 * same Idempotency-Key; should the daemon answer that it was done already, the value is lost for good: that token is revoked
 * and made anew.
 * Throws `MayExist` where a token may be left over.
 */
export async function issueToken(api: Api, body: CreateTokenBody, uuid: () => string): Promise<CreatedToken> {
  for (const key of [uuid(), uuid()]) {
    const made = await createOrRepeat(api, body, key);
    if (made && 'token' in made) return made;
    if (made) await revokeToken(api, made.id).catch(mayExist);
  }
  throw new LostAnswer('unreachable', 'The connection breaks off whenever the server answers. Try again later.', false);
}

/** Revokes by id; a token that is gone already is no error. */
export async function revokeToken(api: Api, id: string): Promise<void> {
  await unwrap(api.tokens[':id'].$delete({ param: { id } })).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

/** Null if the token was made and then revoked by somebody before the repeat. */
async function createOrRepeat(api: Api, body: CreateTokenBody, key: string): Promise<CreatedToken | Token | null> {
  try {
    return await create(api, body, key);
  } catch (error) {
    const lost = error instanceof LostAnswer && error.sent;
    if (!lost && !hasCode(error, 'outcome-unknown')) throw error;
  }
  return create(api, body, key).catch((error: unknown) => (isGone(error) ? null : mayExist(error)));
}

async function create(api: Api, body: CreateTokenBody, key: string): Promise<CreatedToken | Token> {
  const answer = await receive(api.tokens.$post({ json: body, header: { 'idempotency-key': key } }));
  if (!isSuccess(answer)) throw problemOf(answer);
  if (isMade(answer.body)) return answer.body;
  throw new LostAnswer('not-tokensd', 'The answer is not a tokensd server’s. Check the server address.', true);
}

function isMade(body: unknown): body is CreatedToken | Token {
  if (!isObject(body)) return false;
  const described = [body.id, body.name, body.prefix, body.owner].every((text) => typeof text === 'string');
  return described && (!('token' in body) || (typeof body.token === 'string' && isWellFormedToken(body.token)));
}

function isGone(error: unknown): boolean {
  return hasCode(error, 'token-not-found') || hasCode(error, 'not-found');
}

function mayExist(error: unknown): never {
  throw error instanceof CliError ? new MayExist(error.problem, error) : error;
}
