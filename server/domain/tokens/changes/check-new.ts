import { foldName } from '../../../../shared/names.ts';
import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../../shared/schemas/tokens/tokens.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { findServiceAccountToChange } from '../../accounts/service-accounts/find.ts';
import type { Caller } from '../../caller.ts';
import type { TokenDeps } from '../create.ts';
import { chooseExpiry, policyFor } from '../expiry.ts';
import { nameTaken, requireUsableName } from '../names.ts';
import { isExpired } from '../status.ts';
import { unknownApps } from './edit-rules.ts';

/** Fields of a body that creates a token, of which some may still be missing. */
export type NewTokenFields = Partial<
  Pick<CreateTokenBody, 'name' | 'service_account' | 'apps' | 'expires_in' | 'expires_at' | 'self_rotate'>
>;

/**
 * Returns what a creation with these fields would reject, because of the caller, their tokens, the apps or the policy. Reads only: whether the creation
 * succeeds is decided when it happens.
 */
export async function problemsOfNew(
  { store, clock, policy }: Pick<TokenDeps, 'store' | 'clock' | 'policy'>,
  caller: Caller,
  fields: NewTokenFields,
): Promise<FieldError[]> {
  const now = clock.now();
  const problems: FieldError[] = [];
  const collect = (error: unknown, pointer?: string) => {
    if (!(error instanceof ProblemError)) throw error;
    problems.push(...(error.errors ?? (pointer === undefined ? [] : [{ pointer, detail: error.message }])));
  };
  const apps = await Promise.all((fields.apps ?? []).map((name) => store.apps.findByName(name)));
  const known = apps.filter((app) => app !== null);
  problems.push(...unknownApps(fields.apps ?? [], (name) => known.some((app) => app.name === name)));
  try {
    chooseExpiry(fields, policyFor(policy.expiry, known), now);
  } catch (error) {
    collect(error);
  }
  try {
    if (fields.name !== undefined) requireUsableName(fields.name, policy);
    const owner = await ownerOf(store, caller, fields.service_account);
    if (fields.name !== undefined && (await isTaken(store, owner, fields.name, now))) {
      throw nameTaken({ ownerKind: owner.kind });
    }
  } catch (error) {
    collect(error, '/service_account');
  }
  return problems;
}

async function ownerOf(store: Store, caller: Caller, serviceAccount: string | undefined): Promise<UserRecord> {
  if (serviceAccount === undefined) return caller.user;
  return findServiceAccountToChange(store, caller, 'tokens:write', { name: serviceAccount });
}

/** Reports whether a living token of the owner has the name. The name of an expired one is free. */
async function isTaken(store: Store, { id: ownerId }: UserRecord, name: string, now: number): Promise<boolean> {
  const nameContains = foldName(name);
  let before: string | null = null;
  for (;;) {
    const page = await store.tokens.list({ ownerId, nameContains, now, limit: pageSize, before });
    if (page.some((token) => foldName(token.name) === nameContains && !isExpired(token, now))) return true;
    if (page.length < pageSize) return false;
    before = page.at(-1)?.id ?? null;
  }
}

const pageSize = 200;
