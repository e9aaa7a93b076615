import { memoize } from '../../../memoize.ts';
import { parseGroups } from '../../accounts/groups.ts';

/** The groups of a token's owner. Equal groups are one object, so that what derives from them can be remembered. */
export interface OwnerGroups {
  readonly names: readonly string[];
}

const noGroups: OwnerGroups = { names: [] };

/** Distinct lists of groups are at most as many as the members who use tokens. */
const remembered = { maxEntries: 20_000, maxLength: 131_072, maxCharacters: 8 * 1024 * 1024 };

/** Creates the function that joins the groups from the identity provider and from superusers. It reads each distinct text once. */
export function createReadGroups(): (ssoGroups: string | null, manualGroups: string | null) => OwnerGroups {
  const readBoth = memoize((texts): OwnerGroups => {
    const end = texts.indexOf('\0');
    return { names: [...new Set([...parseGroups(texts.slice(0, end)), ...parseGroups(texts.slice(end + 1))])] };
  }, remembered);
  return (ssoGroups, manualGroups) =>
    ssoGroups === null && manualGroups === null ? noGroups : readBoth(`${ssoGroups ?? '[]'}\0${manualGroups ?? '[]'}`);
}
