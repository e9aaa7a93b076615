import { hasScope, type Scope, splitScopes } from '../../../shared/scopes.ts';
import type { StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type ClientInfo, type KeyCaller, keyEnded, notForKeys, scopeMissing } from '../caller.ts';
import type { VerifiedToken } from '../tokens/verify.ts';

/** Management keys: tokens of service accounts with scopes, which manage the organization in place of a session. */
export interface ManagementKeys {
  /**
   * Returns the caller that an active management key stands for. `scope` is the one that the request needs, or undefined if no key may
   * make it.
   * @throws ProblemError `not-for-keys`, `scope-missing`; `not-authenticated` if the service account was deleted meanwhile
   */
  admit(key: VerifiedToken, scope: Scope | undefined, clientInfo: ClientInfo): Promise<KeyCaller>;
}

interface ManagementKeysDeps {
  store: Pick<Store, 'owners'>;
  statusContext: () => StatusContext;
}

export function createManagementKeys({ store, statusContext }: ManagementKeysDeps): ManagementKeys {
  return {
    async admit({ id, name, ownerId, manage }, scope, clientInfo) {
      if (scope === undefined) throw notForKeys();
      const scopes = splitScopes(manage);
      if (!hasScope(scopes, scope)) throw scopeMissing(scope);
      const user = await store.owners.findById(ownerId);
      if (user === null) throw keyEnded();
      return { user, key: { id, name }, scopes, clientInfo, channel: 'management-key', statusContext: statusContext() };
    },
  };
}
