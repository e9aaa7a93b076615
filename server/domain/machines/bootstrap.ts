import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { Scope } from '../../../shared/scopes.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { NewToken, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { newServiceAccount } from '../accounts/service-accounts/create.ts';
import type { AuditTrail } from '../audit.ts';
import { systemActor } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { generateToken, type Secret } from '../secrets.ts';
import type { ExpiryPolicy } from '../tokens/expiry.ts';
import { joinScopes } from './manage-field.ts';
import { tellOfKey } from './tell-of-key.ts';

/** The first service account and its first management key, for an installation that nobody sets up by hand. */
export interface Bootstrap {
  /** Returns the value of the key, and the function that stores it in the transaction that adds the first superuser. */
  begin(wanted: { name: string; scopes: readonly Scope[] }): { secret: Secret; storeKey: StoreKey };
}

/** @throws ProblemError `service-account-exists` if there is a service account already */
export type StoreKey = (store: Store) => Promise<void>;

interface BootstrapDeps {
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
  policy: { productPrefix: string; expiry: ExpiryPolicy };
}

/** The key rotates itself, so it lives on as long as something renews it. */
const lifetimeMs = 24 * 60 * 60 * 1000;
const keyName = 'bootstrap';
const clientInfo = { ip: null, userAgent: null };

export function createBootstrap(deps: BootstrapDeps): Bootstrap {
  const { clock, auditTrail } = deps;
  return {
    begin({ name, scopes }) {
      const secret = generateToken(deps.policy.productPrefix);
      return {
        secret,
        async storeKey(store) {
          const at = clock.now();
          const account = newServiceAccount(deps, { name });
          if (!(await store.serviceAccounts.insertFirst(account))) throw notEmpty();
          const key = newKey(deps, { account, secret, scopes, at });
          if ((await store.tokens.insert(key, 1)) !== 'inserted') throw new Error('The first key was not stored.');
          const token = await store.tokens.findById(key.id);
          if (token === null) throw new Error('The key that was just inserted cannot be found.');
          const event = { at, actor: systemActor, clientInfo };
          await auditTrail.serviceAccount(store, { ...event, action: 'service_account.created', account });
          await auditTrail.tokenCreated(store, { ...event, token });
          await tellOfKey(deps, store, {
            ...event,
            token,
            owner: account,
            stage: 'created',
            rules: { networks: null },
          });
        },
      };
    },
  };
}

interface FirstKey {
  account: UserRecord;
  secret: Secret;
  scopes: readonly Scope[];
  at: number;
}

function newKey({ newId, policy }: BootstrapDeps, { account, secret, scopes, at }: FirstKey): NewToken {
  const maxMs = (policy.expiry.maxSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const life = Math.min(lifetimeMs, maxMs);
  return {
    id: newId(),
    ownerId: account.id,
    hash: secret.hash(),
    prefix: displayPrefix(secret.reveal()),
    name: keyName,
    nameFolded: foldName(keyName),
    description: 'Created by tokensd init',
    createdAt: at,
    expiresAt: at + life,
    lifetimeMs: life,
    selfRotate: true,
    quietNetworks: false,
    rules: null,
    manage: joinScopes(scopes),
    trustId: null,
    canary: false,
  };
}

function notEmpty(): ProblemError {
  return new ProblemError(
    'service-account-exists',
    'This database has a service account already, so its organization is set up. An Organization Superuser can create a management key.',
  );
}
