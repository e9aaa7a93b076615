import type { CreatedToken, CreateTokenBody } from '../../shared/schemas/tokens.ts';
import { hasCode } from '../errors.ts';
import type { Api } from './client.ts';
import { LostAnswer } from './exchange.ts';
import { unwrap } from './unwrap.ts';

/**
 * Creates a token. If the answer is lost on its way, the request is repeated once with the same Idempotency-Key; should
 * the daemon answer that it was done already, the value is lost for good: that token is revoked and made anew.
 */
export async function issueToken(api: Api, body: CreateTokenBody, uuid: () => string): Promise<CreatedToken> {
  for (const key of [uuid(), uuid()]) {
    const made = await createOrRepeat(api, body, key);
    if ('token' in made) return made;
    await revokeToken(api, made.id).catch((error: unknown) => {
      throw new LostAnswer('unreachable', 'The answer was lost, and revoking the token failed.', true, error);
    });
  }
  throw new LostAnswer('unreachable', 'The connection breaks off whenever the server answers. Try again later.', false);
}

/** Revokes by id; a token that is gone already is no error. */
export async function revokeToken(api: Api, id: string): Promise<void> {
  await unwrap(api.tokens[':id'].$delete({ param: { id } })).catch((error: unknown) => {
    if (!hasCode(error, 'token-not-found') && !hasCode(error, 'not-found')) throw error;
  });
}

async function createOrRepeat(api: Api, body: CreateTokenBody, key: string) {
  const create = () => unwrap(api.tokens.$post({ json: body, header: { 'idempotency-key': key } }));
  return create().catch((error: unknown) => {
    if (error instanceof LostAnswer && error.sent) return create();
    throw error;
  });
}
