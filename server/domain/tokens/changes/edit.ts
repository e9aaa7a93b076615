import { foldName } from '../../../../shared/names.ts';
import type { EditTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import { splitScopes } from '../../../../shared/scopes.ts';
import type { AppRecord, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Operator, operatorActor, systemActor } from '../../caller.ts';
import { type AuditedFields, changesBetween } from '../../changed-fields.ts';
import { requireCanaryFields } from '../../leaks/canary-field.ts';
import { addsScope, boundsOf, editedScopes } from '../../machines/manage-field.ts';
import { tellOfKey } from '../../machines/tell-of-key.ts';
import { confirmedActions, requireConfirmed } from '../../sign-in/confirmation/required.ts';
import type { TokenDeps } from '../create.ts';
import { type ExpiryPolicy, lifetimeOf, selfRotateNeedsExpiry } from '../expiry.ts';
import { nameTaken, requireUsableName } from '../names.ts';
import { type AppNames, findAppNames, showRules } from '../rules/shown-rules.ts';
import type { TokenRules } from '../rules/token-rules.ts';
import { editedExpiry } from './edit-expiry.ts';
import { addsApp, editedRules, linkApps, requireUsableRules, widens } from './edit-rules.ts';
import { findOwnToken, lockActiveToken, ownerOf } from './find-own.ts';
import { isExtended, requireRotatedFirst } from './rotate-first.ts';

type TokenEdit = Parameters<Store['tokens']['edit']>[1];

export interface Editing {
  /**
   * Changes fields of one of the operator's tokens, or of a service account that they maintain. Returns the token. See `findOwnToken`.
   * @throws ProblemError `token-not-found`, `owner-only`, `superuser-required`, `not-for-keys`, `token-inactive`, `name-taken`, `invalid-fields`,
   * `rotate-first`
   */
  edit(operator: Operator, id: string, body: EditTokenBody): Promise<TokenRecord>;
}

type Widening = Parameters<TokenDeps['notifier']['tokenWidened']>[1] & { token: TokenRecord };

export function createEditing(deps: TokenDeps): Editing {
  const { store, clock, auditTrail, notifier, policy } = deps;

  /** Mails that a token may do more than before: for a management key, to all superusers too. */
  function tellOfWidening(store: Store, { from, ...mail }: Widening) {
    if (mail.token.manage === null) return notifier.tokenWidened(store, { ...mail, from });
    return tellOfKey({ notifier }, store, { ...mail, stage: 'widened', rules: mail.to });
  }

  return {
    async edit(operator, id, body) {
      const found = await findOwnToken(store, operator, id);
      if (body.name !== undefined) requireUsableName(body.name, policy);
      requireUsableRules(body);
      requireCanaryFields(found, body);
      const { user, clientInfo, channel } = operator;
      const at = clock.now();
      const edited = await store.transaction(async (store) => {
        const before = await lockActiveToken(deps, store, { token: found, operator });
        const { edit, apps } = await editOf(store, before, body, policy.expiry, at);
        const token = await applyEdit(store, before, edit, apps, at);
        const names = await findAppNames(store, [before, token]);
        const changes = changesBetween(auditedFields(before, names), auditedFields(token, names));
        if (changes.length === 0) return token;
        const event = { at, actor: operatorActor(operator), clientInfo, token };
        await auditTrail.tokenChanged(store, { ...event, changes });
        const mail = { ...event, owner: await ownerOf(store, found, user), channel };
        const [from, to] = [showRules(before, names), showRules(token, names)];
        const isWidened = allowsMore(before, token);
        const isLonger = isExtended(before, token);
        // The session is locked already. The rules can be compared only now, and throwing undoes the edit.
        if (isWidened || isLonger) await requireConfirmedKey(store, operator, before, at);
        if (isLonger) await notifier.tokenExtended(store, { ...mail, earlierEnd: before.expiresAt });
        if (isWidened) await tellOfWidening(store, { ...mail, from, to });
        return token;
      });
      notifier.wake();
      return edited;
    },
  };
}

function allowsMore(before: TokenRecord, after: TokenRecord): boolean {
  return widens(before.rules, after.rules) || addsScope(before.manage, after.manage);
}

/** Requires a confirmation to widen a management key. Other tokens need none. @throws ProblemError `confirmation-required`, `not-authenticated` */
async function requireConfirmedKey(store: Store, operator: Operator, token: TokenRecord, now: number): Promise<void> {
  if (token.manage !== null) await requireConfirmed(store, operator, now, confirmedActions.widenKey(token));
}

/** Stores an edit of a locked token that its rules restrict to these apps. Returns the token. @throws ProblemError `name-taken` */
async function applyEdit(
  store: Store,
  before: TokenRecord,
  edit: TokenEdit,
  apps: readonly AppRecord[],
  at: number,
): Promise<TokenRecord> {
  const { id, ownerId, name } = before;
  const { nameFolded } = edit;
  if (nameFolded !== undefined && nameFolded !== foldName(name)) {
    // The name of an expired token is free, as for a new token.
    await store.tokens.destroyExpired({ ownerId, nameFolded }, at, systemActor);
  }
  if ((await store.tokens.edit(id, edit)) === 'name-taken') throw nameTaken(before);
  if (edit.rules !== undefined) await linkApps(store, id, apps);
  const token = await store.tokens.findById(id);
  if (token === null) throw new Error('The token that was just changed cannot be found.');
  return token;
}

/** Returns what to store, and the apps that the token is then restricted to, which this locks. @throws ProblemError `invalid-fields`, `rotate-first` */
async function editOf(
  store: Store,
  token: TokenRecord,
  body: EditTokenBody,
  policy: ExpiryPolicy,
  now: number,
): Promise<{ edit: TokenEdit; apps: AppRecord[] }> {
  const edit: TokenEdit = {};
  if (body.name !== undefined) Object.assign(edit, { name: body.name, nameFolded: foldName(body.name) });
  if (body.description !== undefined) edit.description = body.description || null;
  if (body.self_rotate !== undefined) edit.selfRotate = body.self_rotate;
  if (body.quiet_networks !== undefined) edit.quietNetworks = body.quiet_networks;
  const manage = editedScopes(token, body);
  const { rules, apps } = await editedRules(store, token.rules, body);
  if (rules !== token.rules || manage !== token.manage) {
    // A restore compares these times. Each must be later than the one before, even if the clock was set back.
    Object.assign(edit, { rules, manage, rulesChangedAt: Math.max(now, (token.rulesChangedAt ?? 0) + 1) });
  }
  const newApp = addsApp(token.rules, rules);
  if (newApp || body.expires_in !== undefined || body.expires_at !== undefined) {
    Object.assign(edit, editedExpiry(token, body, { policy, apps: boundsOf(manage, apps), newApp }, now));
  }
  const { selfRotate = token.selfRotate } = edit;
  // Reject it also if the present expiry only counts until the next rotation.
  if (selfRotate && lifetimeOf({ ...token, ...edit }) === null) throw selfRotateNeedsExpiry();
  requireRotatedFirst(token, edit);
  return { edit, apps };
}

function auditedFields(token: TokenRecord, names: AppNames): AuditedFields {
  return {
    name: token.name,
    description: token.description,
    expires_at: token.expiresAt === null ? null : new Date(token.expiresAt).toISOString(),
    self_rotate: token.selfRotate,
    quiet_networks: token.quietNetworks,
    manage: token.manage === null ? null : splitScopes(token.manage).join('\n'),
    ...ruleTexts(showRules(token, names)),
  };
}

/** An audit event holds texts: one entry a line. No entry of a rule contains a line break. */
function ruleTexts({ apps, readOnly, allow, networks, enforce }: TokenRules): AuditedFields {
  const text = (entries: readonly string[] | null) => entries && (entries.join('\n') || '(none)');
  return { apps: text(apps), read_only: readOnly, allow: text(allow), networks: text(networks), enforce };
}
