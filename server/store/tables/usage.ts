import { integer, nullable, text } from './column.ts';

export type SeenKind = 'route' | 'network' | 'agent';

/** How often a token was used in one hour, by outcome. */
export const usageHourColumns = {
  tokenId: text('token_id'),
  /** Hours since the epoch. */
  hour: integer('hour'),
  /** `allowed`, or the deny reason. */
  outcome: text('outcome'),
  uses: integer('uses'),
};

/** A route, network or agent of a token's uses. */
export const usageSeenColumns = {
  tokenId: text('token_id'),
  kind: text<'kind', SeenKind>('kind'),
  /** For a route, the method, a space and the folded path. The method is `-` if it is unknown. */
  value: text('value'),
  uses: integer('uses'),
  firstAt: integer('first_at'),
  lastAt: integer('last_at'),
};

/** What is known about all uses of a token, however old. */
export const usageTotalColumns = {
  tokenId: text('token_id'),
  /** Allowed uses. */
  uses: integer('uses'),
  /** Null if no use was allowed. */
  firstAt: nullable(integer('first_at')),
  /** The UTC day of the last mail about a new network, in days since the epoch. */
  networkNoticedOn: nullable(integer('network_noticed_on')),
};
