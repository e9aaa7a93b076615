import type { EndedTokenDetails, EndedToken as EndedTokenObject } from '../../../shared/schemas/tokens/ended-tokens.ts';
import { type EndedTokenFacts, endOf } from '../../domain/tokens/ended/ended-tokens.ts';
import type { EndedToken } from '../../store/records.ts';
import { deniedRequestObject, lastUseObject } from '../representations.ts';

/** Returns a token that ended as the API shows it. */
export function endedTokenObject(token: EndedToken): EndedTokenObject {
  const { id, name, prefix, ownerEmail, ownerKind, endedAt, lastUse } = token;
  const { reason, endedBy } = endOf(token);
  return {
    ...{ id, name, prefix, owner: ownerEmail, owner_kind: ownerKind, status: 'revoked' },
    reason,
    ended_at: new Date(endedAt).toISOString(),
    ended_by: endedBy,
    last_used: lastUse && lastUseObject(lastUse),
  };
}

/** Returns the same with the requests that were denied since. */
export function endedTokenDetails({ token, deniedRequests, names }: EndedTokenFacts): EndedTokenDetails {
  const denied = deniedRequests.map((request) => deniedRequestObject(request, names));
  return { ...endedTokenObject(token), denied_requests: denied };
}
