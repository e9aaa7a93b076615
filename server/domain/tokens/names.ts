import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { TokenRecord } from '../../store/records.ts';

/** @throws ProblemError `invalid-fields` if the name looks like the prefix of a token */
export function requireUsableName(name: string, { productPrefix }: { productPrefix: string }): void {
  if (looksLikePrefix(name, productPrefix)) throw nameLikePrefix();
}

/** Returns the problem that the owner has another token of this name. */
export function nameTaken({ ownerKind }: Pick<TokenRecord, 'ownerKind'>): ProblemError {
  const owner = ownerKind === 'member' ? 'You already have' : 'The service account already has';
  const detail = `${owner} a token with this name.`;
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}

/**
 * Reports whether the command line could take a name for the prefix of a token. Mails and lists name tokens by their prefix,
 * so a thief could otherwise give this name to a second token and turn the advice to revoke the first one.
 */
function looksLikePrefix(name: string, productPrefix: string): boolean {
  const folded = foldName(name);
  return folded.startsWith(`${productPrefix}_`) && /^[0-9a-z]{8}$/.test(folded.slice(productPrefix.length + 1));
}

function nameLikePrefix(): ProblemError {
  const detail = 'A name must not look like the prefix of a token. Choose another name.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/name', detail }] });
}
