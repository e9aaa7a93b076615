import type { Actor, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Channel, ClientInfo } from '../caller.ts';
import { passwordResetMail, type SecurityEvent, securityMail } from './security-mails.ts';
import { type SiteInfo, tokenCreatedMail, tokensRevokedMail } from './token-mails.ts';

interface Happening {
  at: number;
  owner: UserRecord;
  clientInfo: ClientInfo;
}

/** Puts notices into the outbox. Always called inside the transaction of the change they tell of. */
export interface Notifier {
  tokenCreated(store: Store, event: Happening & { token: TokenRecord; channel: Channel }): Promise<void>;
  /** One mail, however many tokens. `token`: a token that revoked itself. */
  tokensRevoked(
    store: Store,
    event: Happening & { tokens: TokenRecord[]; actor: Actor; channel: Channel | 'token' | 'client' },
  ): Promise<void>;
  security(store: Store, event: Happening & { event: SecurityEvent; actor: Actor }): Promise<void>;
  passwordReset(store: Store, event: Happening & { link: string }): Promise<void>;
  /** Tells the sender, after the commit, that there is something to send. */
  wake(): void;
}

export function createNotifier(deps: { site: SiteInfo; newId: () => string; wake: () => void }): Notifier {
  const { site, newId, wake } = deps;
  const domain = new URL(site.publicUrl).hostname;

  async function enqueue(
    store: Store,
    event: Happening,
    mail: { subject: string; text: string; html: string },
  ): Promise<void> {
    const id = newId();
    await store.outbox.enqueue({
      id,
      to: event.owner.email,
      ...mail,
      messageId: `<${id}@${domain}>`,
      createdAt: event.at,
    });
  }

  return {
    wake,
    tokenCreated: (store, event) => enqueue(store, event, tokenCreatedMail(site, event)),
    security: (store, event) => enqueue(store, event, securityMail(site, event)),
    passwordReset: (store, event) => enqueue(store, event, passwordResetMail(site, event)),
    tokensRevoked: (store, event) => enqueue(store, event, tokensRevokedMail(site, event)),
  };
}
