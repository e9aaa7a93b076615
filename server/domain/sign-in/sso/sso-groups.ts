import { limits } from '../../../../shared/limits.ts';
import { headerLength } from '../../../../shared/names.ts';
import { groupNameSchema } from '../../../../shared/schemas/accounts/groups.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { groupsChange, groupsText, parseGroups } from '../../accounts/groups.ts';
import { systemActor } from '../../caller.ts';
import type { SignInNote } from './notes.ts';
import type { PersonRequest } from './person.ts';
import type { UpdateDeps } from './updates.ts';

/**
 * Stores the groups that the provider listed in place of those from before. Keeps these if the provider did not list all groups,
 * because nothing may be taken away from a member because of what it did not say. Returns notes for the log.
 */
export async function updateSsoGroups(
  deps: UpdateDeps,
  store: Store,
  id: string,
  { person, clientInfo }: PersonRequest,
): Promise<SignInNote[]> {
  const user = await store.users.findById(id);
  if (user === null) return [];
  const about = { user: id, claim: deps.policy.groupsClaim };
  if (person.groups.untold !== null) return keptNotes(user, about);
  const { names, dropped } = acceptedGroups(person.groups.listed);
  await replaceSsoGroups(deps, store, user, { groups: groupsText(names), clientInfo });
  if (dropped === 0) return [];
  const message =
    'some groups of a member were left out, because there are too many or their names are too long: limit the groups in the claim at the provider';
  return [{ level: 'warn', message, fields: { ...about, groups: names.length, dropped } }];
}

/** Removes the groups that came with an identity which the member no longer has. */
export async function dropSsoGroups(
  deps: UpdateDeps,
  store: Store,
  id: string,
  request: Pick<PersonRequest, 'clientInfo'>,
): Promise<void> {
  const user = await store.users.findById(id);
  if (user !== null) await replaceSsoGroups(deps, store, user, { ...request, groups: null });
}

async function replaceSsoGroups(
  { clock, auditTrail }: UpdateDeps,
  store: Store,
  user: UserRecord,
  { groups, clientInfo }: { groups: string | null } & Pick<PersonRequest, 'clientInfo'>,
): Promise<void> {
  if (!(await store.users.setSsoGroups(user.id, groups))) return;
  const changes = groupsChange('sso_groups', user.ssoGroups, groups);
  await auditTrail.groupsChanged(store, { at: clock.now(), actor: systemActor, clientInfo, user, changes });
}

function keptNotes(user: UserRecord, about: object): SignInNote[] {
  const kept = parseGroups(user.ssoGroups).length;
  if (kept === 0) return [];
  const message = 'the provider did not list all groups, so the member keeps those of an earlier sign-in';
  return [{ level: 'warn', message, fields: { ...about, groups: kept } }];
}

/**
 * Returns the groups that are stored: those whose names are valid, and as many as fit into a header. Always leaves out the same
 * groups, so that a member's groups do not change from one sign-in to the next.
 */
function acceptedGroups(listed: readonly string[]): { names: string[]; dropped: number } {
  const valid = listed.flatMap((name) => groupNameSchema.safeParse(name).data ?? []);
  const distinct = [...new Set(valid)].sort().slice(0, limits.maxSsoGroups);
  const names: string[] = [];
  for (const name of distinct) {
    if (headerLength([...names, name]) <= limits.maxSsoGroupsBytes) names.push(name);
  }
  const refused = listed.length - valid.length;
  return { names, dropped: refused + new Set(valid).size - names.length };
}
