import { limits } from '../../../shared/limits.ts';
import type { Canary, TokenRecord, TokenUse } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { systemActor } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { readersOf } from '../notifications/service-accounts/readers.ts';
import type { NormalizeRequest, ObservedRequest } from '../tokens/last-used.ts';
import type { UseCounter } from '../tokens/usage/use-counter.ts';

/** How many canaries one flush tells of that were presented before. The next flush tells of the others. */
const maxDue = 100;

/** The reason under which the presentations of a canary are counted as denied uses. */
const reason = 'canary';

/**
 * The presentations of canaries that are not written yet. A request is answered first: it differs in nothing from one with a value that
 * was never issued. The memory holds one entry for each canary, however often it is presented.
 */
export interface CanaryUses {
  /**
   * Records a presentation of the canary whose value has this hash. Null stands for a value that was never issued: recording it takes as long,
   * and changes nothing.
   */
  record(hash: string | null, request: ObservedRequest): void;
  /**
   * Writes what was recorded: the last use of each canary and its count. Then tells of each canary, at most once in `limits.canaryTellMs`:
   * an audit event, and a mail to those who look after it and to all superusers. The next one says how often it was presented since. What
   * could not be written is kept for the next flush. With `due`, also tells of canaries that were presented before, here or on another node.
   * @throws the first error, after all canaries
   */
  flush(due?: boolean): Promise<void>;
}

interface CanaryUsesDeps {
  store: Store;
  clock: Clock;
  auditTrail: Pick<AuditTrail, 'canaryUsed'>;
  notifier: Pick<Notifier, 'canaryUsed' | 'wake'>;
  normalize: NormalizeRequest;
  counter: Pick<UseCounter, 'denied'>;
}

interface Presented {
  uses: number;
  at: number;
  request: ObservedRequest;
}

export function createCanaryUses(deps: CanaryUsesDeps): CanaryUses {
  const { store, clock, normalize, counter } = deps;
  /** By the hash of the value. */
  let presented = new Map<string, Presented>();
  /** The newest value that was never issued, under an empty hash. Nothing reads it. */
  const decoys = new Map<string, Presented>();
  /** Counted in the usage and written as a last use, but perhaps nobody is told yet: uses by the ID of the canary. */
  const untold = new Map<string, number>();

  function add(all: Map<string, Presented>, hash: string, newer: Presented): void {
    const earlier = all.get(hash);
    if (earlier === undefined) {
      all.set(hash, newer);
      return;
    }
    earlier.uses += newer.uses;
    // A request whose path is known says more than one without.
    if (newer.request.target === null && earlier.request.target !== null) return;
    earlier.at = newer.at;
    earlier.request = newer.request;
  }

  /** Writes the last use of each canary. Returns those that still exist, by hash. */
  async function writeLastUses(taken: ReadonlyMap<string, Presented>): Promise<ReadonlyMap<string, Canary>> {
    const canaries = await store.canaries.findByHashes([...taken.keys()]);
    const uses: TokenUse[] = [];
    for (const [hash, { id: tokenId, prefix }] of canaries) {
      const use = taken.get(hash);
      if (use) uses.push({ tokenId, prefix, previous: false, at: use.at, ...normalize(use.request) });
    }
    await store.tokens.recordUses(uses, clock.now());
    return canaries;
  }

  async function writeUses(): Promise<void> {
    const taken = presented;
    presented = new Map();
    try {
      for (const [hash, { id }] of await writeLastUses(taken)) {
        const { uses, at } = taken.get(hash) as Presented;
        counter.denied(id, at, reason, uses);
        untold.set(id, uses + (untold.get(id) ?? 0));
      }
    } catch (error) {
      const since = presented;
      presented = taken;
      for (const [hash, newer] of since) add(presented, hash, newer);
      throw error;
    }
  }

  async function addDue(): Promise<void> {
    for (const id of await store.canaries.due(times(clock.now()), maxDue)) untold.set(id, untold.get(id) ?? 0);
  }

  async function tellOfAll(errors: unknown[]): Promise<void> {
    for (const [id, uses] of [...untold].sort(([a], [b]) => (a < b ? -1 : 1))) {
      try {
        await tellOf(deps, id, uses);
        untold.delete(id);
      } catch (error) {
        errors.push(error);
      }
    }
  }

  return {
    record(hash, request) {
      const use = { uses: 1, at: clock.now(), request };
      add(hash === null ? decoys : presented, hash ?? '', use);
    },
    async flush(due = false) {
      const errors: unknown[] = [];
      if (presented.size > 0) await writeUses().catch((error: unknown) => errors.push(error));
      if (due) await addDue().catch((error: unknown) => errors.push(error));
      await tellOfAll(errors);
      if (errors.length > 0) throw errors[0];
    },
  };
}

function times(at: number) {
  return { at, toldBefore: at - limits.canaryTellMs };
}

/** Counts presentations of a canary, and tells of them if nobody was told within the hour. */
async function tellOf(
  { store, clock, auditTrail, notifier }: Omit<CanaryUsesDeps, 'normalize' | 'counter'>,
  id: string,
  presented: number,
): Promise<void> {
  const isTold = await store.transaction(async (store) => {
    const at = clock.now();
    const uses = await store.canaries.claimUses(id, presented, times(at));
    const canary = uses === null ? null : await store.tokens.findById(id);
    if (uses === null || canary === null) return false;
    const clientInfo = { ip: canary.lastUse?.ip ?? null, userAgent: canary.lastUse?.userAgent ?? null };
    const changes = [{ field: 'uses', from: null, to: String(uses) }];
    await auditTrail.canaryUsed(store, { at, actor: systemActor, clientInfo, token: canary, changes });
    await mailAbout(notifier, store, { canary, uses, at, clientInfo });
    return true;
  });
  if (isTold) notifier.wake();
}

interface CanaryNews {
  canary: TokenRecord;
  uses: number;
  at: number;
  clientInfo: { ip: string | null; userAgent: string | null };
}

/** Mails those who look after a canary, and all superusers, each once. */
async function mailAbout(
  notifier: Pick<Notifier, 'canaryUsed'>,
  store: Store,
  { canary, uses, clientInfo, at }: CanaryNews,
): Promise<void> {
  const owner = await store.owners.findById(canary.ownerId);
  if (owner === null) return;
  const readers = [
    ...(owner.disabled ? [] : await readersOf(store, owner)),
    ...(await store.users.superusers()).map((reader) => ({ ...reader, because: 'superuser' as const })),
  ];
  const told = new Set<string>();
  for (const reader of readers) {
    if (told.has(reader.id)) continue;
    told.add(reader.id);
    await notifier.canaryUsed(store, { at, owner, reader, clientInfo, canary, uses, lastUse: canary.lastUse });
  }
}
