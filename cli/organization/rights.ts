import { hasScope, type Scope } from '../../shared/scopes.ts';
import type { Api } from '../api/client.ts';
import { expectBody } from '../api/responses.ts';
import { presentedTokenShape, userShape } from '../api/shapes.ts';
import { type CliError, localError } from '../errors.ts';
import type { Connection } from '../session/connect.ts';
import { sanitize } from '../ui/sanitize.ts';
import type { Step } from './plan/step.ts';
import { members } from './sections/members.ts';
import type { Section } from './sections/section.ts';
import { serviceAccounts } from './sections/service-accounts.ts';

/** The rights that a run uses: a member's or a management key's. */
export type Rights =
  | { readonly kind: 'superuser'; readonly ownId: string }
  /** `ownName` is the name of the key's service account. */
  | { readonly kind: 'key'; readonly ownName: string; readonly scopes: readonly Scope[] };

/** Finds out whether the connection has the rights of a member or of a management key. @throws CliError `superuser-required` */
export async function readRights({ api, credential }: Connection): Promise<Rights> {
  if (credential === 'key') return readKey(api);
  const { id, superuser } = await expectBody(api.me.$get(), userShape);
  if (superuser) return { kind: 'superuser', ownId: id };
  throw localError(
    'superuser-required',
    "The declared state needs an Organization Superuser's session, or a management key in TOKENS_KEY.",
  );
}

async function readKey(api: Api): Promise<Rights> {
  const { owner, manage } = await expectBody(api.token.$get({ query: {} }), presentedTokenShape);
  return { kind: 'key', ownName: owner.replace(/^service-account:/, ''), scopes: manage };
}

/** Returns the sections that these rights can read. */
export function readableSections(rights: Rights, sections: readonly Section[]): Section[] {
  return sections.filter(({ scopes }) => rights.kind === 'superuser' || hasScope(rights.scopes, scopes.read));
}

/** Checks that the rights can read these sections. @throws CliError `scope-missing` with every scope that is missing */
export function requireReadable(rights: Rights, sections: readonly Section[]): void {
  const readable = readableSections(rights, sections);
  requireScopes(sections.filter((section) => !readable.includes(section)).map(({ scopes }) => scopes.read));
}

/**
 * Checks the whole plan before the first change.
 * @throws CliError `scope-missing` with every scope that is missing; `not-for-keys` or `own-account` for a step that these rights cannot do
 */
export function requireRights(rights: Rights, steps: readonly Step[]): void {
  if (rights.kind === 'superuser') {
    requireOwnRights(rights.ownId, steps);
    return;
  }
  const missing = steps.map(({ section }) => section.scopes.write).filter((scope) => !hasScope(rights.scopes, scope));
  requireScopes(missing);
  for (const step of steps) {
    const reason = closedToKeys(step, rights.ownName);
    if (reason !== null) throw notForKeys(step, reason);
  }
}

function requireScopes(missing: readonly Scope[]): void {
  const scopes = [...new Set(missing)];
  if (scopes.length === 0) return;
  const [what, these] = scopes.length === 1 ? ['the scope', 'this scope'] : ['the scopes', 'these scopes'];
  throw localError(
    'scope-missing',
    `The management key lacks ${what} ${scopes.join(' and ')}, so nothing was changed. Create a key with ${these}, or leave the sections out.`,
  );
}

/** Returns why a management key cannot do a step, or null if it can. */
function closedToKeys({ section, present, wanted, name }: Step, ownName: string): string | null {
  if (
    section === members &&
    wanted.superuser !== undefined &&
    wanted.superuser !== (present?.fields.superuser ?? false)
  )
    return 'only a superuser can promote and demote members';
  if (section === members && wanted.auditor !== undefined && wanted.auditor !== (present?.fields.auditor ?? false))
    return 'only a superuser can grant and remove the role auditor';
  if (section === members && present?.fields.superuser === true) return 'a management key cannot change a superuser';
  if (section === serviceAccounts && name === ownName) return 'a management key cannot change its own service account';
  return null;
}

function notForKeys({ action, name, section }: Step, reason: string): CliError {
  const advice =
    action === 'remove'
      ? `Add ${sanitize(name)} to the file.`
      : 'Correct the file, or let an Organization Superuser apply it.';
  const kind = section === members ? 'member' : 'service account';
  return localError(
    'not-for-keys',
    `The plan would ${action} the ${kind} ${sanitize(name)}, but ${reason}. Nothing was changed. ${advice}`,
  );
}

function requireOwnRights(ownId: string, steps: readonly Step[]): void {
  const own = steps.find(({ section, present }) => section === members && present?.id === ownId);
  if (own && (own.wanted.disabled === true || own.wanted.superuser === false)) throw ownAccount(own);
}

function ownAccount({ action, name }: Step): CliError {
  const what = action === 'remove' ? 'The file does not list you' : 'The file disables or demotes you';
  return localError(
    'own-account',
    `${what} (${sanitize(name)}), and the rest of the plan needs your rights. Nothing was changed. Correct the file, or let another Organization Superuser apply it.`,
  );
}
