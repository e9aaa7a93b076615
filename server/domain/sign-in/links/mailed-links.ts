import type { MailLink, MailLinkKind, Ticket, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import { generateSecret, hashSecret, isGenerated, Secret } from '../../secrets.ts';
import type { PasswordPolicy } from '../password/password-policy.ts';
import { linkRules } from './link-kinds.ts';

/** A link that works once. `url` contains the secret. */
export interface IssuedLink {
  url: Secret;
  expiresAt: number;
}

/**
 * One-time links for members. A link is a ticket: the database holds the hash of its secret, never the secret. A member has
 * at most one link of each kind.
 */
export interface MailedLinks {
  /** Reports whether a link of this kind works for the member in their current state. */
  permits(kind: MailLinkKind, user: UserRecord): boolean;
  /** Reports whether the other object that the link depends on still exists, such as the session that asked for it. */
  lasts(store: Store, link: Pick<MailLink, 'kind' | 'data'>): Promise<boolean>;
  /** Makes a link and voids the previous one. Call it with the member's lock, in the transaction that checked the member. */
  issue(store: Store, link: MailLink): Promise<IssuedLink>;
  /** Returns the link's member and data, or null unless the link works. Does not use it up. */
  find(kind: MailLinkKind, secret: string): Promise<{ user: UserRecord; data: string } | null>;
  /** Returns when a newer link took the place of this one. Null for a link that never existed, expired, or was voided since. */
  replacedAt(kind: MailLinkKind, secret: string): Promise<number | null>;
  /** Uses the link up. Of several concurrent callers, one gets the ticket. Returns null as `find` does. */
  consume(store: Store, kind: MailLinkKind, secret: string): Promise<Ticket | null>;
}

export function createMailedLinks(deps: {
  store: Store;
  clock: Clock;
  publicUrl: string;
  passwordPolicy: PasswordPolicy;
}): MailedLinks {
  const { store, clock, publicUrl } = deps;
  const permits: MailedLinks['permits'] = (kind, user) => linkRules[kind].permits(user, deps.passwordPolicy);
  const lasts: MailedLinks['lasts'] = async (store, { kind, data }) =>
    (await linkRules[kind].lasts?.(store, data)) ?? true;
  return {
    permits,
    lasts,

    async issue(store, { kind, userId, data }) {
      const { path, lifetimeMs, secret: secretKind } = linkRules[kind];
      const secret = generateSecret(secretKind);
      const createdAt = clock.now();
      const expiresAt = createdAt + lifetimeMs;
      await retireLinks(store, { userId, kind, at: createdAt });
      await store.tickets.insert({ hash: secret.hash(), kind, userId, data, createdAt, expiresAt });
      return { url: new Secret(`${publicUrl}${path}?token=${secret.reveal()}`), expiresAt };
    },

    async find(kind, secret) {
      if (!isGenerated(linkRules[kind].secret, secret)) return null;
      const ticket = await store.tickets.find(hashSecret(secret), kind, clock.now());
      const user = ticket?.userId == null ? null : await store.users.findById(ticket.userId);
      if (ticket === null || user === null || !permits(kind, user)) return null;
      return (await lasts(store, { kind, data: ticket.data })) ? { user, data: ticket.data } : null;
    },

    async replacedAt(kind, secret) {
      const { replaced, secret: secretKind } = linkRules[kind];
      if (replaced === undefined || !isGenerated(secretKind, secret)) return null;
      const ticket = await store.tickets.find(hashSecret(secret), replaced, clock.now());
      const user = ticket?.userId == null ? null : await store.users.findById(ticket.userId);
      return ticket === null || user === null || !permits(kind, user) ? null : readReplaced(ticket.data);
    },

    consume: (store, kind, secret) => store.tickets.consume(hashSecret(secret), kind, clock.now()),
  };
}

/** Voids a member's links of one kind, or of every kind, and withdraws the mails that would bring a new one. */
export async function voidLinks(store: Store, userId: string, kind?: MailLinkKind): Promise<void> {
  const kinds = kind === undefined ? (Object.keys(linkRules) as MailLinkKind[]) : [kind];
  for (const each of kinds) {
    const { replaced } = linkRules[each];
    for (const ticket of [each, ...(replaced === undefined ? [] : [replaced])]) {
      await store.tickets.deleteAllOf(userId, ticket);
    }
  }
  await store.outbox.withdrawLinks(userId, kind);
}

interface Replacement {
  userId: string;
  kind: MailLinkKind;
  at: number;
}

/** Voids a member's links of one kind because a newer one takes their place, and withdraws the mails that would bring another one. */
export async function replaceLinks(store: Store, replacement: Replacement): Promise<void> {
  await retireLinks(store, replacement);
  await store.outbox.withdrawLinks(replacement.userId, replacement.kind);
}

/** Ends the links. Remembers the time if their page shows it. */
async function retireLinks({ tickets }: Pick<Store, 'tickets'>, { userId, kind, at }: Replacement): Promise<void> {
  const { replaced } = linkRules[kind];
  if (replaced === undefined) return tickets.deleteAllOf(userId, kind);
  await tickets.changeAllOf(userId, [kind, replaced], { kind: replaced, data: JSON.stringify({ at }) });
}

function readReplaced(data: string): number {
  return (JSON.parse(data) as { at: number }).at;
}
