import { count } from '../../../shared/count.ts';
import { CommandError } from '../../context.ts';
import type { Store } from '../../store/store.ts';

/** Returns the number of members with an identity at an issuer. @throws CommandError 3 if there is none, with the issuers that exist */
export async function countMembers({ users }: Pick<Store, 'users'>, issuer: string): Promise<number> {
  const issuers = await users.issuers();
  const found = issuers.find((one) => one.issuer === issuer);
  if (found !== undefined) return found.members;
  if (issuers.length === 0) throw new CommandError('No member is connected to single sign-on.', 3);
  const nearly = issuers.find((one) => differOnlyBySlash(one.issuer, issuer));
  const hint = nearly && `, only at ${nearly.issuer}: write the issuer ${slashOf(nearly.issuer)} a final slash`;
  const list = issuers.map((one) => `\n  ${one.issuer} (${count(one.members, 'member')})`).join('');
  throw new CommandError(`No member has an identity at ${issuer}${hint ?? ''}. These issuers exist:${list}`, 3);
}

export function differOnlyBySlash(one: string, other: string): boolean {
  return one !== other && one.replace(/\/$/, '') === other.replace(/\/$/, '');
}

/** Returns the word for an issuer with or without its final slash. */
export function slashOf(issuer: string): 'with' | 'without' {
  return issuer.endsWith('/') ? 'with' : 'without';
}
