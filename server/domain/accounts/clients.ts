import { timingSafeEqual } from 'node:crypto';
import type { AuditAction } from '../../../shared/audit-actions.ts';
import { limits } from '../../../shared/limits.ts';
import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateClientBody, EditClientBody } from '../../../shared/schemas/accounts/clients.ts';
import type { ClientRecord, FieldChange, Page } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { type Operator, operatorActor, requireReader, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { generateSecret, hashSecret, randomBase62, type Secret } from '../secrets.ts';
import { createBatchedLookup } from '../tokens/batched-lookup.ts';

export interface ClientDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
}

/** A client with its secret, which is shown only once. */
export interface IssuedClient {
  client: ClientRecord;
  secret: Secret;
}

/**
 * OAuth clients: API servers that call introspection, and scanners that report leaked values.
 *
 * Auditors read them. Only superusers and management keys with the scope `clients` change them.
 *
 * @throws ProblemError `superuser-required` or `scope-missing`, in every method except `authenticate`
 */
export interface Clients {
  /** @throws ProblemError `name-taken` */
  create(operator: Operator, body: CreateClientBody): Promise<IssuedClient>;
  /** Returns clients, newest first. */
  list(operator: Operator, page: Page): Promise<ClientRecord[]>;
  /** Replaces the secret. The previous one stops working immediately. @throws ProblemError `client-not-found` */
  rotate(operator: Operator, id: string): Promise<IssuedClient>;
  /** @throws ProblemError `client-not-found` */
  get(operator: Operator, id: string): Promise<ClientRecord>;
  /** @throws ProblemError `client-not-found`, `changed-meanwhile` */
  edit(
    operator: Operator,
    id: string,
    body: EditClientBody,
    precondition: Precondition<ClientRecord>,
  ): Promise<ClientRecord>;
  /** @throws ProblemError `client-not-found`, `changed-meanwhile` */
  delete(operator: Operator, id: string, precondition?: Precondition<ClientRecord>): Promise<void>;
  /** Returns the client with this id and secret, or null. An unknown id takes as much work as a wrong secret. */
  authenticate(clientId: string, secret: string): Promise<ClientRecord | null>;
}

const clientIdLength = 16;

export function createClients(deps: ClientDeps): Clients {
  const { store, clock, newId } = deps;
  // Batched because clients call introspection as often as proxies call verification. Most requests are from a few clients.
  const lookUp = createBatchedLookup<ClientRecord>(
    async (clientIds) => {
      const distinct = [...new Set(clientIds)];
      const found = await store.clients.findByClientIds(distinct);
      const byId = new Map(distinct.map((id, index) => [id, found[index] ?? null]));
      return clientIds.map((id) => byId.get(id) ?? null);
    },
    { deadlineMs: limits.lookupDeadlineMs, maxParallel: store.maxParallelLookups },
  );

  /** Runs a change of a client that this transaction holds. */
  async function change<T>(
    operator: Operator,
    id: string,
    work: (store: Store, client: ClientRecord) => Promise<T>,
  ): Promise<T> {
    requireScope(operator, 'clients');
    return store.transaction(async (store) => {
      await requireStillAllowed(store, operator, 'clients');
      const client = await store.clients.lock(id);
      if (client === null) throw noSuchClient();
      return work(store, client);
    });
  }

  return {
    async create(operator, { name, can_revoke: canRevoke = false, can_report: canReport = false }) {
      requireScope(operator, 'clients');
      const secret = generateSecret('clientSecret');
      const client: ClientRecord = {
        id: newId(),
        clientId: `client_${randomBase62(clientIdLength)}`,
        name,
        nameFolded: foldName(name),
        secretHash: secret.hash(),
        canRevoke,
        canReport,
        createdAt: clock.now(),
      };
      await store.transaction(async (store) => {
        await requireStillAllowed(store, operator, 'clients');
        if (!(await store.clients.insert(client))) throw nameTaken();
        await record(deps, store, operator, 'client.created', client);
      });
      return { client, secret };
    },

    async list(operator, page) {
      requireReader(operator, 'clients');
      return store.clients.list(page);
    },

    async rotate(operator, id) {
      const secret = generateSecret('clientSecret');
      const client = await change(operator, id, async (store, client) => {
        await store.clients.setSecretHash(id, secret.hash());
        await record(deps, store, operator, 'client.secret_rotated', client);
        return client;
      });
      return { client, secret };
    },

    async get(operator, id) {
      requireReader(operator, 'clients');
      const client = await store.clients.findById(id);
      if (client === null) throw noSuchClient();
      return client;
    },

    edit: (operator, id, body, precondition) =>
      change(operator, id, async (store, client) => {
        precondition(client);
        const { can_revoke: canRevoke = client.canRevoke, can_report: canReport = client.canReport } = body;
        const changes = [
          { field: 'can_revoke', from: client.canRevoke, to: canRevoke },
          { field: 'can_report', from: client.canReport, to: canReport },
        ].filter(({ from, to }) => from !== to);
        if (changes.length === 0) return client;
        await store.clients.setRights(id, { canRevoke, canReport });
        await record(deps, store, operator, 'client.changed', client, changes);
        return { ...client, canRevoke, canReport };
      }),

    delete: (operator, id, precondition = noPrecondition) =>
      change(operator, id, async (store, client) => {
        precondition(client);
        await store.clients.delete(id);
        await record(deps, store, operator, 'client.deleted', client);
      }),

    async authenticate(clientId, secret) {
      const client = await lookUp(clientId);
      const stored = Buffer.from(client?.secretHash ?? hashSecret(''), 'base64url');
      const matches = timingSafeEqual(Buffer.from(hashSecret(secret), 'base64url'), stored);
      return matches ? client : null;
    },
  };
}

function record(
  deps: ClientDeps,
  store: Store,
  operator: Operator,
  action: AuditAction,
  client: ClientRecord,
  changes?: FieldChange[],
) {
  const event = { at: deps.clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
  return deps.auditTrail.client(store, action, { ...event, client, ...(changes && { changes }) });
}

function noSuchClient(): ProblemError {
  return new ProblemError('client-not-found', 'There is no such client.');
}

function nameTaken(): ProblemError {
  const detail = 'There is already a client with this name.';
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}
