import type { CanaryChoice } from '../schemas/tokens/canary-choices.ts';
import type { TokenStatus } from '../schemas/tokens/tokens.ts';

/** Parameters of `GET /api/v1/tokens` that select tokens by their history. Durations are in seconds. */
export interface TokenFilterQuery {
  status?: TokenStatus | undefined;
  unused_for?: number | undefined;
  never_used?: boolean | undefined;
  no_expiry?: boolean | undefined;
  unrotated_for?: number | undefined;
  expiring_within?: number | undefined;
  denied_within?: number | undefined;
  exchanged?: boolean | undefined;
  two_values?: boolean | undefined;
  canaries?: CanaryChoice | undefined;
}

export type ReportedTokens =
  | 'active'
  | 'never_expiring'
  | 'never_used'
  | 'unused'
  | 'unrotated'
  | 'expiring'
  | 'owner_disabled';

interface ReportedCount {
  /** Which tokens are counted, in a few words. */
  meaning: string;
  /** The parameters that list these tokens. */
  query: TokenFilterQuery;
}

const day = 24 * 60 * 60;

/** A count of service accounts. Each is the length of the list that `GET /service-accounts?orphaned=true` gives. */
export const orphanedMeaning = 'service accounts without an enabled maintainer';

/** The counts of the report on tokens, which leaves canaries out. A filter by times does so by itself, a status does not. Each count is the length of the list that its query selects. */
export const reportedTokens: Readonly<Record<ReportedTokens, ReportedCount>> = {
  active: { meaning: 'active', query: { status: 'active', canaries: 'false' } },
  never_expiring: { meaning: 'without an expiry', query: { no_expiry: true } },
  never_used: { meaning: 'older than 30 days and never used', query: { never_used: true, unused_for: 30 * day } },
  unused: { meaning: 'not used for 90 days', query: { unused_for: 90 * day } },
  unrotated: { meaning: 'neither created nor rotated within a year', query: { unrotated_for: 365 * day } },
  expiring: { meaning: 'expiring within 7 days', query: { expiring_within: 7 * day } },
  owner_disabled: { meaning: 'whose owner is disabled', query: { status: 'disabled', canaries: 'false' } },
};
