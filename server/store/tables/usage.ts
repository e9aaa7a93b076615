import { integer, nullable, text } from './column.ts';

/** `app`: the ID of an app. `would-deny`: requests that rules would deny if they were enforced. */
export type SeenKind = 'route' | 'network' | 'agent' | 'app' | 'would-deny';

/** How often a token was used in one hour, by outcome. */
export const usageHourColumns = {
  tokenId: text('token_id'),
  /** Hours since the epoch. */
  hour: integer('hour'),
  /** `allowed`, the deny reason, or `would-deny:` and the reason. The latter uses are also counted as allowed. */
  outcome: text('outcome'),
  uses: integer('uses'),
};

/** A route, network, agent or app of a token's uses. */
export const usageSeenColumns = {
  tokenId: text('token_id'),
  kind: text<'kind', SeenKind>('kind'),
  /**
   * For a route, the method, a space and the folded path. The method is `-` if it is unknown. For `would-deny`, the reason, a
   * space and the route.
   */
  value: text('value'),
  uses: integer('uses'),
  firstAt: integer('first_at'),
  lastAt: integer('last_at'),
};

/** A denied request with the value of a token. Of each token, the newest are kept. */
export const deniedRequestColumns = {
  id: text('id'),
  at: integer('at'),
  /** The deny reason. */
  reason: text('reason'),
  /** The ID of the app that the request was for. Null if it was for none, or if the app is unknown. */
  appId: nullable(text('app_id')),
  method: nullable(text('method')),
  path: nullable(text('path')),
  ip: nullable(text('ip')),
  userAgent: nullable(text('user_agent')),
};

/** The last times at which allowed uses lacked an input of rules. */
export const gapColumns = {
  /** It was for no app. */
  noAppAt: nullable(integer('no_app_at')),
  noPathAt: nullable(integer('no_path_at')),
  /** Every rule about paths denies its path, or the path is too long to be recorded as a whole. */
  oddPathAt: nullable(integer('odd_path_at')),
  noNetworkAt: nullable(integer('no_network_at')),
  noMethodAt: nullable(integer('no_method_at')),
};

/** How many verifications one day had, of all tokens together. */
export const organizationDayColumns = {
  /** Days since the epoch, in UTC. */
  day: integer('day'),
  allowed: integer('allowed'),
  denied: integer('denied'),
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
  ...gapColumns,
};
