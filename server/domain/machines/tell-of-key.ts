import { splitScopes } from '../../../shared/scopes.ts';
import type { Actor, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import type { KeyEvent } from '../notifications/machines/key-mails.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { superusersAndMaintainers } from '../notifications/service-accounts/readers.ts';

/** A management key that was created or widened, and its service account. */
export interface KeyNews extends Pick<KeyEvent, 'stage' | 'rules'> {
  at: number;
  token: TokenRecord;
  owner: UserRecord;
  actor: Actor;
  clientInfo: ClientInfo;
}

/** Mails all superusers and the maintainers about a management key, each once. */
export async function tellOfKey(
  { notifier }: { notifier: Pick<Notifier, 'managementKey'> },
  store: Store,
  { at, token: key, owner: account, actor, clientInfo, stage, rules }: KeyNews,
): Promise<void> {
  const by = actor.kind === 'system' ? 'the operator of the server' : (actor.email ?? 'unknown');
  const scopes = splitScopes(key.manage);
  for (const owner of await superusersAndMaintainers(store, [account])) {
    await notifier.managementKey(store, { at, owner, clientInfo, stage, key, account, scopes, rules, by });
  }
}
