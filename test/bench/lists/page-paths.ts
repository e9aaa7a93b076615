import { type ListSizes, seededId } from '../../helpers/lists/seed.ts';
import { endedTokensOf } from '../../helpers/lists/seed-ended-tokens.ts';

const day = 86_400;

/** Returns the path with each query, where `''` stands for none. */
const each = (path: string, queries: string[]) => queries.map((query) => (query === '' ? path : `${path}?${query}`));

/** What selects tokens, in lists of the console and of the API. Sorting by last use is refused if too many match. */
const tokenFilters = [
  ...['active', 'expired', 'blocked', 'disabled', 'sso-stale', 'paused', 'revoked'].map((status) => `status=${status}`),
  ...[7, 90].map((days) => `expiring_within=${days * day}`),
  `denied_within=${day}`,
  ...[90, 365].map((days) => `unused_for=${days * day}`),
  `unrotated_for=${90 * day}`,
  `never_used=true&unused_for=${30 * day}`,
  'no_expiry=true',
  'two_values=true',
  'exchanged=true',
];
const sorts = ['name', '-name', 'created', 'expires', '-expires'];
const sortedFilters = [
  'status=active',
  'status=paused',
  'status=disabled',
  `expiring_within=${7 * day}`,
  'no_expiry=true',
];

/** Returns the paths of the pages and lists to measure, by who requests them. */
export function pagePaths(sizes: ListSizes): Record<'superuser' | 'member', string[]> {
  const token = (position: number) => seededId(position, sizes.tokens);
  const quiet = 'member-50@example.com';
  const sorted = [
    ...sorts.map((sort) => `sort=${sort}`),
    ...sortedFilters.flatMap((filter) => sorts.map((sort) => `${filter}&sort=${sort}`)),
    'status=paused&sort=last_used',
  ];
  const allTokens = [
    '',
    ...tokenFilters,
    ...sorted,
    ...[`owner=${quiet}`, `known_to=${quiet}`],
    ...['q=deploy', 'q=needle', 'q=nowhere', 'q=needle&status=active'],
  ];
  // The API has no search for a part of a name, and lists the tokens of all owners or of one.
  const apiTokens = allTokens
    .filter((query) => !/^(q|owner|known_to)=/.test(query))
    .map((query) => `all=true&${query}`);
  const events = [
    '',
    ...['actor', 'owner'].flatMap((name) => [quiet, 'member-1@example.com'].map((email) => `${name}=${email}`)),
    ...['rare-target', 'tok_AAAAAAAA', `deploy-pipeline-${Math.floor(sizes.events / 30)}`].map((is) => `target=${is}`),
    ...['203.0.113.9', '198.51.100.7', '203.0.113.0/24', '192.0.2.0/24', '2001:db8::/32'].map((ip) => `ip=${ip}`),
    ...['token.created', 'client.deleted', 'user.demoted'].map((action) => `action=${action}`),
    `actor=${quiet}&action=token.created`,
    `actor=member-1@example.com&action=client.deleted`,
    `actor=member-1@example.com&action=client.deleted&ip=203.0.113.0/24`,
    `owner=${quiet}&ip=203.0.113.9`,
  ];
  const range = (from: string, until: string) => [
    `${until}=2026-01-01`,
    `${from}=2025-12-01&${until}=2025-12-11`,
    `${from}=2025-12-01&${until}=2025-12-11&actor=member-1@example.com&action=token.created`,
  ];
  const times = range('since', 'until').map((query) => query.replaceAll(/\d{4}-\d\d-\d\d/g, '$&T00:00:00Z'));
  const searched = [
    'member-77',
    'ember-77@',
    'deploy',
    'needle',
    'nowhere',
    'tok_AAAAAAAA',
    'account-77',
    'app-77',
    'member-50@example.com',
  ];
  return {
    superuser: [
      '/overview',
      '/profile',
      '/profile/api-tokens',
      '/profile/activity',
      ...each('/organization/tokens', allTokens),
      ...each('/organization/tokens.csv', ['', 'status=paused', 'sort=name']),
      `/profile/api-tokens/${token(1)}`,
      `/profile/api-tokens/${token(Math.floor(sizes.tokens / 2))}`,
      `/profile/api-tokens/${seededId(5, endedTokensOf(sizes.tokens))}`,
      ...searched.map((text) => `/search?q=${text}`),
      ...each('/organization/team', ['', 'q=member-77@', 'q=member', 'q=nowhere']),
      '/organization/team.csv',
      `/organization/team/${seededId(50, sizes.users)}`,
      ...each('/organization/service-accounts', ['', 'orphaned=true']),
      `/organization/service-accounts/${seededId(7, sizes.serviceAccounts)}`,
      ...['trusts', 'apps', 'webhooks', 'settings'].map((name) => `/organization/${name}`),
      `/organization/webhooks/${seededId(7, 100)}`,
      ...each('/organization/audit', [...events, ...range('from', 'until')]),
      `/organization/audit/${seededId(Math.floor(sizes.events / 2), sizes.events)}`,
      ...each('/organization/audit.csv', ['', 'action=token.created']),
      ...each('/api/v1/tokens', apiTokens),
      '/api/v1/reports/tokens',
      ...each('/api/v1/users', ['', 'limit=2']),
      ...each('/api/v1/audit', ['after=', ...events, ...times]),
      ...['service-accounts', 'apps', 'clients', 'trusts', 'webhooks'].map((name) => `/api/v1/${name}`),
      `/api/v1/webhooks/${seededId(7, 100)}/deliveries`,
    ],
    member: [
      '/overview',
      '/profile',
      ...each('/profile/api-tokens', ['', 'q=deploy', 'sort=last_used', 'status=expired']),
      '/profile/activity',
      ...searched.map((text) => `/search?q=${text}`),
      '/organization/service-accounts',
      ...each('/api/v1/tokens', ['', 'sort=name']),
      '/api/v1/audit',
    ],
  };
}
