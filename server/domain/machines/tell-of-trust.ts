import type { Actor, FieldChange, ListedTrust } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import type { TrustChange } from '../notifications/machines/trust-mails.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { superusersAndMaintainers } from '../notifications/service-accounts/readers.ts';
import { findAppNames } from '../tokens/rules/shown-rules.ts';
import { trustFields } from './trust-fields.ts';

/** A change of a trust, with its client. */
export interface TrustNews extends Pick<TrustChange, 'stage'> {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
  trust: ListedTrust;
  /** The trust before the change. */
  before?: ListedTrust;
  changes?: readonly FieldChange[];
}

/**
 * Mails all superusers and the maintainers of the service account about a trust, each once. If the trust got another service account, the
 * maintainers of both get the mail.
 */
export async function tellOfTrust(
  { notifier }: { notifier: Pick<Notifier, 'trustChanged'> },
  store: Store,
  { trust, before = trust, changes = [], ...event }: TrustNews,
): Promise<void> {
  const changed = changes.map(({ field }) => field);
  const accountIds = [...new Set([before.serviceAccountId, trust.serviceAccountId])];
  const found = await Promise.all(accountIds.map((id) => store.serviceAccounts.findById(id)));
  const formerAccount = accountIds.length > 1 ? before.serviceAccount : null;
  const fields = trustFields(trust, await findAppNames(store, [trust]));
  for (const owner of await superusersAndMaintainers(
    store,
    found.filter((account) => account !== null),
  )) {
    await notifier.trustChanged(store, { ...event, owner, trust: fields, formerAccount, changed });
  }
}
