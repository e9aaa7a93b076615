import { initial } from './0001-initial.ts';
import { signIn } from './0002-sign-in.ts';
import { severalNodes } from './0003-several-nodes.ts';
import { listIndexes } from './0004-list-indexes.ts';
import { sessionKinds } from './0005-session-kinds.ts';
import { invitations } from './0006-invitations.ts';
import { idTokens } from './0007-id-tokens.ts';
import { tombstoneReasons } from './0008-tombstone-reasons.ts';
import { jobIndexes } from './0009-job-indexes.ts';
import { countPrefixes } from './0010-count-prefixes.ts';
import { tokenLife } from './0011-token-life.ts';
import { usage } from './0012-usage.ts';
import { collectedMails } from './0013-collected-mails.ts';
import { gate } from './0014-gate.ts';
import { machines } from './0015-machines.ts';
import { webhooks } from './0016-webhooks.ts';
import { leaksAndAudit } from './0017-leaks-and-audit.ts';
import { deniedRequests } from './0018-denied-requests.ts';
import { organizationDays } from './0019-organization-days.ts';
import { membershipDates } from './0020-membership-dates.ts';
import { confirmations } from './0021-confirmations.ts';
import { passkeys } from './0022-passkeys.ts';
import { tokenLists } from './0023-token-lists.ts';
import { search } from './0024-search.ts';
import { endedTokens } from './0025-ended-tokens.ts';
import { listedTokens } from './0028-listed-tokens.ts';
import { coveringIndexes } from './0029-covering-indexes.ts';
import { listBounds } from './0030-list-bounds.ts';
import { nameParts } from './0031-name-parts.ts';
import { listKeys } from './0032-list-keys.ts';
import type { Migration } from './migration.ts';

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = [
  initial,
  signIn,
  severalNodes,
  listIndexes,
  sessionKinds,
  invitations,
  idTokens,
  tombstoneReasons,
  jobIndexes,
  countPrefixes,
  tokenLife,
  usage,
  collectedMails,
  gate,
  machines,
  webhooks,
  leaksAndAudit,
  deniedRequests,
  organizationDays,
  membershipDates,
  confirmations,
  passkeys,
  tokenLists,
  search,
  endedTokens,
  listedTokens,
  coveringIndexes,
  listBounds,
  nameParts,
  listKeys,
];
