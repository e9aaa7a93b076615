import type { AuditAction } from '../../../shared/audit-actions.ts';
import type { CreateAppBody, EditAppBody } from '../../../shared/schemas/apps.ts';
import type { AppRecord, FieldChange, Page } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import {
  type Caller,
  type Operator,
  operatorActor,
  requireScope,
  requireStillAllowed,
  requireSuperuser,
} from '../caller.ts';
import { changesBetween } from '../changed-fields.ts';
import type { Clock } from '../clock.ts';
import { type OfferedNames, offerNames } from '../offered-names.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { auditedFields, defaultFields, fieldsOf } from './app-fields.ts';
import { appInUse, appNameTaken, hostTaken, noSuchApp } from './app-problems.ts';

export interface AppDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
}

/**
 * Upstream applications behind the proxy. Every member may read them; the representations show members only names and URLs.
 *
 * @throws ProblemError `superuser-required` or `scope-missing`, in every method except `get`, `list` and `offer`
 */
export interface Apps {
  /** @throws ProblemError `name-taken`, `host-taken` */
  create(operator: Operator, body: CreateAppBody): Promise<AppRecord>;
  /** Changes fields of an app. A lower maximum shortens no token. @throws ProblemError `app-not-found`, `host-taken`, `changed-meanwhile` */
  edit(operator: Operator, id: string, body: EditAppBody, precondition?: Precondition<AppRecord>): Promise<AppRecord>;
  /**
   * Deletes an app. Tokens that are restricted to it keep its ID in their rules, so that a new app of the same name revives nothing.
   * @throws ProblemError `app-not-found`; `app-in-use` if there are such tokens, unless `force` is true
   */
  delete(
    operator: Operator,
    id: string,
    options: { force: boolean; precondition?: Precondition<AppRecord> },
  ): Promise<void>;
  /** @throws ProblemError `app-not-found` */
  get(id: string): Promise<AppRecord>;
  /** Returns apps, newest first. */
  list(query: Page & { name?: string }): Promise<AppRecord[]>;
  /** Returns the names of apps in alphabetical order, for a form. */
  offer(): Promise<OfferedNames>;
  /** Returns the number of tokens that are restricted to an app. */
  countTokens(caller: Caller, id: string): Promise<number>;
}

export function createApps(deps: AppDeps): Apps {
  const { store, clock, newId } = deps;

  /** Runs a change of an app that this transaction holds. */
  async function change<T>(
    operator: Operator,
    id: string,
    work: (store: Store, app: AppRecord) => Promise<T>,
  ): Promise<T> {
    requireScope(operator, 'apps');
    return store.transaction(async (store) => {
      await requireStillAllowed(store, operator, 'apps');
      const app = await store.apps.lock(id);
      if (app === null) throw noSuchApp();
      return work(store, app);
    });
  }

  return {
    async create(operator, { name, ...body }) {
      requireScope(operator, 'apps');
      const at = clock.now();
      const app: AppRecord = { id: newId(), name, ...defaultFields, ...fieldsOf(body), createdAt: at, changedAt: at };
      await store.transaction(async (store) => {
        await requireStillAllowed(store, operator, 'apps');
        const outcome = await store.apps.insert(app);
        if (outcome === 'name-taken') throw appNameTaken();
        if (outcome !== 'inserted') throw hostTaken(outcome.takenHost);
        await record(deps, store, operator, { action: 'app.created', app });
      });
      return app;
    },

    edit: (operator, id, body, precondition = noPrecondition) =>
      change(operator, id, async (store, before) => {
        precondition(before);
        // A restore prefers the later of two states, so that the time of a change never goes back with the clock.
        const changedAt = Math.max(clock.now(), before.changedAt + 1);
        const fields = fieldsOf(body);
        const app = { ...before, ...fields, changedAt };
        const changes = changesBetween(auditedFields(before), auditedFields(app));
        if (changes.length === 0) return before;
        const outcome = await store.apps.edit(id, { ...fields, changedAt });
        if (outcome === 'missing') throw noSuchApp();
        if (outcome !== 'edited') throw hostTaken(outcome.takenHost);
        await record(deps, store, operator, { action: 'app.changed', app, changes });
        return app;
      }),

    delete: (operator, id, { force, precondition = noPrecondition }) =>
      change(operator, id, async (store, app) => {
        precondition(app);
        if ((await store.apps.delete(id, force)) === 'in-use') throw appInUse(await store.apps.countTokens(id));
        await record(deps, store, operator, { action: 'app.deleted', app });
      }),

    async get(id) {
      const app = await store.apps.findById(id);
      if (app === null) throw noSuchApp();
      return app;
    },

    list: (query) => store.apps.list(query),

    offer: () => offerNames((limit) => store.apps.names(limit)),

    async countTokens(caller, id) {
      requireSuperuser(caller);
      return store.apps.countTokens(id);
    },
  };
}

function record(
  { auditTrail, clock }: AppDeps,
  store: Store,
  operator: Operator,
  what: { action: AuditAction; app: AppRecord; changes?: FieldChange[] },
): Promise<void> {
  return auditTrail.app(store, {
    at: clock.now(),
    actor: operatorActor(operator),
    clientInfo: operator.clientInfo,
    ...what,
  });
}
