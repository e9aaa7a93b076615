import { foldName } from '../../../../shared/names.ts';
import type { EditTokenBody } from '../../../../shared/schemas/token-changes.ts';
import type { FieldChange, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { actorOf, type Caller, systemActor } from '../../caller.ts';
import type { TokenDeps } from '../create.ts';
import { type ExpiryPolicy, resolveExpiry, selfRotateNeedsExpiry } from '../expiry.ts';
import { nameTaken, requireUsableName } from '../names.ts';
import { findOwnToken, lockActiveToken } from './find-own.ts';

type TokenEdit = Parameters<Store['tokens']['edit']>[1];

export interface Editing {
  /**
   * Changes fields of one of the caller's tokens, and returns it.
   * @throws ProblemError `token-not-found`, `owner-only`, `token-inactive`, `name-taken`, `invalid-fields`
   */
  edit(caller: Caller, id: string, body: EditTokenBody): Promise<TokenRecord>;
}

export function createEditing(deps: TokenDeps): Editing {
  const { store, clock, auditTrail, notifier, policy } = deps;

  return {
    async edit(caller, id, body) {
      await findOwnToken(store, caller, id);
      if (body.name !== undefined) requireUsableName(body.name, policy);
      const { user, sessionId, clientInfo, channel } = caller;
      const at = clock.now();
      const edited = await store.transaction(async (store) => {
        const before = await lockActiveToken(deps, store, { id, ownerId: user.id, sessionId });
        const token = await applyEdit(store, before, editOf(before, body, policy.expiry, at), at);
        const changes = changesBetween(before, token);
        if (changes.length === 0) return token;
        const event = { at, actor: actorOf(user), clientInfo, token };
        await auditTrail.tokenChanged(store, { ...event, changes });
        if (isExtended(before, token)) {
          await notifier.tokenExtended(store, { ...event, owner: user, channel, earlierEnd: before.expiresAt });
        }
        return token;
      });
      notifier.wake();
      return edited;
    },
  };
}

/** Stores an edit of a locked token, and returns the token. @throws ProblemError `name-taken` */
async function applyEdit(store: Store, before: TokenRecord, edit: TokenEdit, at: number): Promise<TokenRecord> {
  const { id, ownerId, name } = before;
  const { nameFolded } = edit;
  if (nameFolded !== undefined && nameFolded !== foldName(name)) {
    // The name of an expired token is free, as for a new token.
    await store.tokens.destroyExpired({ ownerId, nameFolded }, at, systemActor);
  }
  if ((await store.tokens.edit(id, edit)) === 'name-taken') throw nameTaken();
  const token = await store.tokens.findById(id);
  if (token === null) throw new Error('The token that was just changed cannot be found.');
  return token;
}

/** Returns what to store. @throws ProblemError `invalid-fields` */
function editOf(token: TokenRecord, body: EditTokenBody, policy: ExpiryPolicy, now: number): TokenEdit {
  const edit: TokenEdit = {};
  if (body.name !== undefined) Object.assign(edit, { name: body.name, nameFolded: foldName(body.name) });
  if (body.description !== undefined) edit.description = body.description || null;
  if (body.expires_in !== undefined || body.expires_at !== undefined)
    Object.assign(edit, editedExpiry(token, body, policy, now));
  if (body.self_rotate !== undefined) edit.selfRotate = body.self_rotate;
  if (body.quiet_networks !== undefined) edit.quietNetworks = body.quiet_networks;
  const { expiresAt = token.expiresAt, selfRotate = token.selfRotate } = edit;
  if (selfRotate && expiresAt === null) throw selfRotateNeedsExpiry();
  return edit;
}

/**
 * Returns the new expiry. Accepts one before the present expiry even if the policy's maximum has become shorter since. Choosing the
 * present expiry again changes nothing. Otherwise, an edit that is repeated every day would shorten the lifetime without an event.
 */
function editedExpiry(
  token: TokenRecord,
  body: EditTokenBody,
  policy: ExpiryPolicy,
  now: number,
): Pick<TokenEdit, 'expiresAt' | 'lifetimeMs'> {
  const expiresAt = resolveExpiry(body, { ...policy, maxSeconds: null }, now);
  if (expiresAt === token.expiresAt) return {};
  const isShorter = expiresAt !== null && (token.expiresAt === null || expiresAt < token.expiresAt);
  if (!isShorter) resolveExpiry(body, policy, now);
  return { expiresAt, lifetimeMs: expiresAt === null ? null : expiresAt - now };
}

function isExtended(before: TokenRecord, { expiresAt }: TokenRecord): boolean {
  return before.expiresAt !== null && (expiresAt === null || expiresAt > before.expiresAt);
}

/** Returns the fields that differ, under the names that the API gives them. */
function changesBetween(before: TokenRecord, after: TokenRecord): FieldChange[] {
  const [from, to] = [editableFields(before), editableFields(after)];
  return Object.keys(from)
    .map((field) => ({ field, from: from[field] ?? null, to: to[field] ?? null }))
    .filter((change) => change.from !== change.to);
}

function editableFields(token: TokenRecord): Record<string, FieldChange['from']> {
  return {
    name: token.name,
    description: token.description,
    expires_at: token.expiresAt === null ? null : new Date(token.expiresAt).toISOString(),
    self_rotate: token.selfRotate,
    quiet_networks: token.quietNetworks,
  };
}
