import type { ClientResponse } from 'hono/client';
import { foldName } from '../../../shared/names.ts';
import type { EndedToken, EndedTokenDetails } from '../../../shared/schemas/tokens/ended-tokens.ts';
import { CliError, hasCode } from '../../errors.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import type { Api } from '../client.ts';
import { collect, type Page, type PageQuery } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, tokenShape } from '../shapes.ts';
import { endedTokenDetailsShape, endedTokenShape } from './ended-shapes.ts';
import { isPrefix, namesOwner, ownerFilter } from './find-token.ts';

/** Returns the function that requests one page of tokens that ended. */
export function endedPages(api: Api, filter: Record<string, string>): (page: PageQuery) => Promise<Page<EndedToken>> {
  // The types of the routes know only the page of tokens that exist.
  type Response = Promise<ClientResponse<{ items: EndedToken[]; next_cursor: string | null }, 200, 'json'>>;
  return (page) => {
    const response = api.tokens.$get({ query: { ...filter, ...page, status: 'revoked' } });
    return expectBody(response as unknown as Response, pageShape(endedTokenShape));
  };
}

/**
 * Returns the token that ended last of those that `name` refers to: by name, prefix or ID. Without an owner, a prefix also finds
 * tokens of other owners, and earlier values. Returns null if there is none, or if the server is of a release that remembers
 * none.
 */
export async function findEndedToken(api: Api, name: string, owner: OwnerOptions): Promise<EndedTokenDetails | null> {
  const id = uuid.test(name) ? name.toLowerCase() : await newestId(api, name, owner);
  return id === null ? null : readEnded(api, id);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function newestId(api: Api, name: string, owner: OwnerOptions): Promise<string | null> {
  const folded = foldName(name);
  const own = await listEnded(api, ownerFilter(owner));
  const matching = own.filter((token) => foldName(token.name) === folded || token.prefix === name);
  if (matching.length === 0 && isPrefix(name) && !namesOwner(owner))
    matching.push(...(await listEnded(api, { prefix: name })));
  const [newest] = matching.sort((one, other) => Date.parse(other.ended_at) - Date.parse(one.ended_at));
  return newest?.id ?? null;
}

/** Returns the tokens that ended. A server of a release that remembers none, or finds none by prefix, refuses the request. */
function listEnded(api: Api, filter: Record<string, string>): Promise<EndedToken[]> {
  return collect(endedPages(api, filter)).catch((error: unknown) => {
    if (hasCode(error, 'invalid-fields')) return [];
    throw error;
  });
}

async function readEnded(api: Api, id: string): Promise<EndedTokenDetails | null> {
  try {
    await expectBody(api.tokens[':id'].$get({ param: { id } }), tokenShape);
    return null;
  } catch (error) {
    if (!(error instanceof CliError) || !hasCode(error, 'token-not-found')) throw error;
    const { ended } = error.problem;
    return ended !== undefined && endedTokenDetailsShape(ended) === null ? ended : null;
  }
}
