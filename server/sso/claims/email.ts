import { emailSchema } from '../../../shared/schemas/common.ts';
import { isSameMailbox, type Person } from '../../domain/sign-in/sso/person.ts';
import { type Claims, lookUp, readBoolean, readText } from './values.ts';

/** What one source says about the person's address. */
interface Statement {
  email: string | null;
  verified: boolean | null;
}

/**
 * Reads the person's address and whether the provider verified it. A source's `email_verified` is about the address in the
 * same source, so it never counts for another address in another source. Prefers a verified address, then the first source.
 */
export function readEmail(sources: readonly Claims[], claim: string): Pick<Person, 'email' | 'emailVerified'> {
  const statements = sources.map((source) => readStatement(source, claim));
  const candidates = readEmails(sources, claim).map((email) => ({
    email,
    emailVerified: combine(statements.filter((other) => other.email === null || isSameMailbox(other.email, email))),
  }));
  const chosen = candidates.find(({ emailVerified }) => emailVerified === true) ?? candidates[0];
  return chosen ?? { email: null, emailVerified: null };
}

/**
 * Returns the well-formed address of each source that has one, in the order of the sources. They are not normalized, because
 * that could turn them into the address of another mailbox: the Kelvin sign becomes a K.
 */
export function readEmails(sources: readonly Claims[], claim: string): string[] {
  const addresses = sources.map((source) => readText(lookUp(source, claim))?.trim() ?? '');
  return addresses.filter((address) => emailSchema.safeParse(address).success);
}

function readStatement(source: Claims, claim: string): Statement {
  const [email = null] = readEmails([source], claim);
  const verified = readBoolean(source.email_verified);
  if (claim === 'email') return { email, verified };
  // `email_verified` is about the claim `email`. It says something about another claim only if both name one address.
  const [vouched] = readEmails([source], 'email');
  const isAboutEmail = email !== null && vouched !== undefined && isSameMailbox(vouched, email);
  return { email, verified: isAboutEmail ? verified : null };
}

/** Returns no if one of the statements does, otherwise yes if one of them does. */
function combine(statements: readonly Statement[]): boolean | null {
  if (statements.some(({ verified }) => verified === false)) return false;
  return statements.some(({ verified }) => verified === true) ? true : null;
}
