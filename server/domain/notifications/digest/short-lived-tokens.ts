import type { CollectedEvent } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { MemberEvent } from '../member-mail.ts';
import { actorOfMail, isOfServiceAccount } from '../service-accounts/wording.ts';
import { describeRevoker, methods, type TokenCreation, type TokenRevocation } from '../token-mails.ts';
import { isShortLived } from './notice-rules.ts';
import type { ShortLivedEvent } from './short-lived-mails.ts';

type Lifetime = Parameters<typeof isShortLived>[0];

/** Collects the mails about short-lived tokens, so that a script that makes one for each job fills no mailbox. */
export interface ShortLivedTokens {
  /**
   * Stores the creation for the next common mail, and returns true. Returns false if a mail of its own must be sent: the token lives
   * longer, or this is the first event after a pause.
   */
  collectCreation(store: Store, event: TokenCreation & { token: Lifetime }): Promise<boolean>;
  /** Does the same for tokens that were revoked together. If one of them lives longer, one mail names all, as usual. */
  collectRevocation(store: Store, event: TokenRevocation & { tokens: readonly Lifetime[] }): Promise<boolean>;
}

export function createShortLivedTokens({
  newId,
  windowMs,
}: {
  newId: () => string;
  windowMs: number;
}): ShortLivedTokens {
  function collect(store: Store, { at, owner }: MemberEvent, events: readonly ShortLivedEvent[]): Promise<boolean> {
    const rows = events.map(
      (event): CollectedEvent => ({ id: newId(), userId: owner.id, event: JSON.stringify(event) }),
    );
    return store.collectedEvents.collect(rows, { userId: owner.id, now: at, windowMs });
  }

  return {
    async collectCreation(store, event) {
      const { token, channel } = event;
      if (!isShortLived(token)) return false;
      const by = isOfServiceAccount(event) ? { by: actorOfMail(event) } : {};
      return collect(store, event, [{ ...eventOf(event, token), kind: 'created', method: methods[channel], ...by }]);
    },
    async collectRevocation(store, event) {
      const { tokens, channel } = event;
      if (!tokens.every(isShortLived)) return false;
      const revocation = { kind: 'revoked', method: methods[channel], by: describeRevoker(event) } as const;
      const events = tokens.map((token) => ({ ...eventOf(event, token), ...revocation }));
      return collect(store, event, events);
    },
  };
}

function eventOf({ at, clientInfo }: MemberEvent, { id, name, prefix }: { id: string; name: string; prefix: string }) {
  return { at, tokenId: id, name, prefix, ip: clientInfo.ip, userAgent: clientInfo.userAgent };
}
