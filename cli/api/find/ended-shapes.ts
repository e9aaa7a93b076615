import type { EndedToken, EndedTokenDetails } from '../../../shared/schemas/tokens/ended-tokens.ts';
import { array, both, nullable, object, text, time } from '../shape.ts';
import { deniedRequest, lastUsed } from '../shapes.ts';

export const endedTokenShape = object<EndedToken>({
  id: text,
  name: text,
  prefix: text,
  owner: text,
  owner_kind: text,
  status: text,
  reason: text,
  ended_at: time,
  ended_by: nullable(text),
  last_used: nullable(lastUsed),
});

export const endedTokenDetailsShape = both<EndedTokenDetails>(
  endedTokenShape,
  object<Pick<EndedTokenDetails, 'denied_requests'>>({ denied_requests: array(deniedRequest) }),
);
