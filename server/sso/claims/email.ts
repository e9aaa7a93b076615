import { emailSchema } from '../../../shared/schemas/common.ts';
import { isSameMailbox, type Person } from '../../domain/sign-in/sso/person.ts';
import { type Claims, lookUp, readBoolean, readText } from './values.ts';

/** The statement of one source about the person's address. */
interface Statement {
  email: string | null;
  verified: boolean | null;
}

/**
 * Reads the person's address and whether the provider verified it. A source's `email_verified` is about the address in the
 * same source, so a yes counts for no address that the source does not name. A no from a source without an address counts.
 * Prefers a verified address, then the first source.
 */
export function readEmail(sources: readonly Claims[], claim: string): Pick<Person, 'email' | 'emailVerified'> {
  const statements = sources.map((source) => readStatement(source, claim));
  const candidates = readEmails(sources, claim).map((email) => ({
    email,
    emailVerified: combine(statements, email),
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

/**
 * Returns no if a statement about this address, or one without an address, says no. Otherwise returns yes if a statement about
 * this address says yes.
 */
function combine(statements: readonly Statement[], email: string): boolean | null {
  const about = statements.filter((statement) => statement.email !== null && isSameMailbox(statement.email, email));
  const general = statements.filter((statement) => statement.email === null);
  if ([...about, ...general].some(({ verified }) => verified === false)) return false;
  return about.some(({ verified }) => verified === true) ? true : null;
}
