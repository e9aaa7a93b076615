import type { TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { MailContent, RenderedMail } from './mail-content.ts';
import type { SiteInfo } from './member-mail.ts';
import { passwordResetMail, securityMail } from './security-mails.ts';
import { type TokenCreation, type TokenRevocation, tokenCreatedMail, tokensRevokedMail } from './token-mails.ts';

/** An event with the full record of the member who receives the mail. */
type ForMember<Event> = Event & { owner: UserRecord };

/**
 * Puts mails to members into the outbox. Each method takes the store of the transaction that makes the change, so that
 * the change and its mail are committed together.
 */
export interface Notifier {
  tokenCreated(store: Store, event: ForMember<TokenCreation & { token: TokenRecord }>): Promise<void>;
  /** Enqueues one mail for all tokens. */
  tokensRevoked(store: Store, event: ForMember<TokenRevocation>): Promise<void>;
  security(store: Store, event: ForMember<Parameters<typeof securityMail>[1]>): Promise<void>;
  passwordReset(store: Store, event: ForMember<Parameters<typeof passwordResetMail>[1]>): Promise<void>;
  /** Starts sending. Call it after the commit. */
  wake(): void;
}

export function createNotifier(deps: {
  site: SiteInfo;
  newId: () => string;
  render: (content: MailContent) => RenderedMail;
  wake: () => void;
}): Notifier {
  const { site, newId, render, wake } = deps;
  const domain = new URL(site.publicUrl).hostname;

  async function enqueue(store: Store, event: { at: number; owner: UserRecord }, content: MailContent): Promise<void> {
    const id = newId();
    await store.outbox.enqueue({
      id,
      to: event.owner.email,
      ...render(content),
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
