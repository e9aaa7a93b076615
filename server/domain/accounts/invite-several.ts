import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { createUserBodySchema } from '../../../shared/schemas/accounts/users.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../store/errors.ts';
import type { UserSummary } from '../../store/records.ts';
import type { Caller } from '../caller.ts';
import type { Invitation } from './invitations.ts';
import type { Members } from './members.ts';

/** A person to invite, as someone entered them. */
export interface Invitee {
  email: string;
  name: string;
}

/** What became of one address. */
export type InviteResult = { invitee: Invitee } & (
  | { outcome: 'invited'; user: UserSummary; invitation: Invitation | null }
  | { outcome: 'member'; user: UserSummary }
  | { outcome: 'invalid'; detail: string }
  | { outcome: 'failed'; detail: string }
);

/** What all of the new members get. */
export interface InviteOptions {
  canManageTokens: boolean;
}

/**
 * Adds and invites members, each in a transaction of their own, and returns what became of each address, in their order. An address that is
 * given twice counts once. If the database cannot be used, the rest is not tried.
 *
 * @throws ProblemError `invalid-fields` if there is no address, or too many, and `superuser-required`
 */
export async function inviteSeveral(
  users: Pick<Members, 'create' | 'list'>,
  caller: Caller,
  invitees: readonly Invitee[],
  options: InviteOptions,
): Promise<InviteResult[]> {
  const distinct = withoutRepeated(invitees);
  if (distinct.length === 0) throw wrongNumber('Enter at least one email address.');
  if (distinct.length > limits.maxInvitees) {
    throw wrongNumber(
      `These are ${distinct.length} email addresses, and nobody was invited. Invite at most ${limits.maxInvitees} at once.`,
    );
  }
  const results: InviteResult[] = [];
  let isStopped = false;
  for (const invitee of distinct) {
    if (isStopped) {
      results.push({ invitee, outcome: 'failed', detail: 'Not tried, because the one before failed.' });
      continue;
    }
    const result = await inviteOne(users, caller, invitee, options);
    isStopped = result === null;
    results.push(result ?? { invitee, outcome: 'failed', detail: unavailable });
  }
  return results;
}

const unavailable = 'The database could not be used, so nobody knows whether this was saved. Try again.';

/** Returns null if the database cannot be used. */
async function inviteOne(
  users: Pick<Members, 'create' | 'list'>,
  caller: Caller,
  invitee: Invitee,
  { canManageTokens }: InviteOptions,
): Promise<InviteResult | null> {
  const body = createUserBodySchema.safeParse({ ...invitee, can_manage_tokens: canManageTokens, invite: true });
  if (!body.success) {
    const details = new Set(body.error.issues.map(({ message }) => message));
    return { invitee, outcome: 'invalid', detail: [...details].join(' ') };
  }
  try {
    return { invitee, outcome: 'invited', ...(await users.create(caller, body.data)) };
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof OutcomeUnknown) return null;
    if (!(error instanceof ProblemError) || error.code === 'superuser-required') throw error;
    const [user] = error.code === 'email-taken' ? await users.list(caller, holderOf(body.data.email)) : [];
    return user === undefined
      ? { invitee, outcome: 'failed', detail: error.message }
      : { invitee, outcome: 'member', user };
  }
}

const holderOf = (email: string) => ({ email, limit: 1, before: null });

function withoutRepeated(invitees: readonly Invitee[]): Invitee[] {
  const byAddress = new Map<string, Invitee>();
  for (const invitee of invitees) {
    const address = foldName(normalizeName(invitee.email));
    if (!byAddress.has(address)) byAddress.set(address, invitee);
  }
  return [...byAddress.values()];
}

function wrongNumber(detail: string): ProblemError {
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/addresses', detail }] });
}
