import { randomInt } from 'node:crypto';
import { limits } from '../../../shared/limits.ts';
import type { Canary, NewDeniedRequest, TokenRecord, TokenUse } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { systemActor } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { readersOf } from '../notifications/service-accounts/readers.ts';
import type { NormalizeRequest, ObservedRequest } from '../tokens/last-used.ts';
import type { UseCounter } from '../tokens/usage/use-counter.ts';

/** Maximum number of presented canaries that one search finds. The next search finds the others. */
const maxDue = 100;

/** Bounds of the random delay between a presentation and the mails about it. */
const [minTellMs, maxTellMs] = [5_000, 60_000];

/** The reason under which the presentations of a canary are counted as denied uses. */
const reason = 'canary';

/**
 * The presentations of canaries that are not written yet. The request is answered first, so that its response does not differ
 * from that to a value that was never issued. The memory holds one entry for each canary, however often it is presented.
 */
export interface CanaryUses {
  /**
   * Records a presentation of the canary whose value has this hash. Null stands for a value that was never issued: recording it takes as long,
   * and changes nothing.
   */
  record(hash: string | null, request: ObservedRequest): void;
  /**
   * Writes what was recorded: the last use of each canary, as a denied request too, its count, and that people are still to be told. Then tells of the canaries whose
   * moment has come: 5 to 60 seconds after they were presented, at random, because someone who measures other requests could notice
   * this work if it followed at once. People are told of a canary at most once in `limits.canaryTellMs`, by an audit event, and by a mail to those
   * who look after it and to all superusers. The next one says how often it was presented since. What could not be written is kept for
   * the next flush.
   * @throws the first error, after all canaries
   */
  flush(): Promise<void>;
  /** Looks for canaries that were presented before, here or on another node. The flush that comes 5 to 60 seconds later tells of them. */
  findUntold(): Promise<void>;
  /** Writes what was recorded, and tells of every canary at once. @throws the first error, after all canaries */
  tellAll(): Promise<void>;
}

interface CanaryUsesDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
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
  const { store, clock, newId, normalize, counter } = deps;
  /** By the hash of the value. */
  let presented = new Map<string, Presented>();
  /** The newest value that was never issued, under an empty hash. Nothing reads it. */
  const decoys = new Map<string, Presented>();
  /** When to tell of canaries that are stored as presented, by the ID of the canary. */
  const tellTimes = new Map<string, number>();

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

  /** Writes the last use of each canary and its count. Returns those that still exist, by hash. */
  async function write(taken: ReadonlyMap<string, Presented>): Promise<ReadonlyMap<string, Canary>> {
    const canaries = await store.canaries.findByHashes([...taken.keys()]);
    const lastUses: TokenUse[] = [];
    const denied: NewDeniedRequest[] = [];
    const counts = new Map<string, number>();
    for (const [hash, { id: tokenId, prefix }] of canaries) {
      const { uses, at, request } = taken.get(hash) as Presented;
      const normalized = normalize(request);
      lastUses.push({ tokenId, prefix, previous: false, at, ...normalized });
      denied.push({ id: newId(), tokenId, at, reason, appId: request.appId, ...normalized });
      counts.set(tokenId, uses);
    }
    await store.transaction(async (store) => {
      await store.canaries.addUses(counts);
      await store.tokens.recordUses(lastUses, clock.now());
      await store.usage.addDenied(denied, clock.now());
    });
    return canaries;
  }

  async function writeUses(): Promise<void> {
    if (presented.size === 0) return;
    const taken = presented;
    presented = new Map();
    try {
      for (const [hash, { id }] of await write(taken)) {
        const { uses, at } = taken.get(hash) as Presented;
        counter.denied(id, at, reason, uses);
        tellLater(id);
      }
    } catch (error) {
      const since = presented;
      presented = taken;
      for (const [hash, newer] of since) add(presented, hash, newer);
      throw error;
    }
  }

  function tellLater(id: string): void {
    if (!tellTimes.has(id)) tellTimes.set(id, clock.now() + randomInt(minTellMs, maxTellMs + 1));
  }

  async function findUntold(): Promise<void> {
    for (const id of await store.canaries.due(times(clock.now()), maxDue)) tellLater(id);
  }

  async function tell(ids: readonly string[], errors: unknown[]): Promise<void> {
    for (const id of [...ids].sort()) {
      try {
        await tellOf(deps, id);
        tellTimes.delete(id);
      } catch (error) {
        errors.push(error);
      }
    }
  }

  function idsToTell(): string[] {
    const now = clock.now();
    // A later time is from before the clock was set back.
    const isTime = (at: number) => at <= now || at > now + maxTellMs;
    return [...tellTimes].filter(([, at]) => isTime(at)).map(([id]) => id);
  }

  return {
    record(hash, request) {
      const use = { uses: 1, at: clock.now(), request };
      add(hash === null ? decoys : presented, hash ?? '', use);
    },
    async flush() {
      const errors: unknown[] = [];
      await writeUses().catch((error: unknown) => errors.push(error));
      await tell(idsToTell(), errors);
      if (errors.length > 0) throw errors[0];
    },
    findUntold,
    async tellAll() {
      const errors: unknown[] = [];
      await writeUses().catch((error: unknown) => errors.push(error));
      await findUntold().catch((error: unknown) => errors.push(error));
      await tell([...tellTimes.keys()], errors);
      if (errors.length > 0) throw errors[0];
    },
  };
}

function times(at: number) {
  return { at, toldBefore: at - limits.canaryTellMs };
}

/** Tells of the presentations of a canary, unless there are none, another node told of them, or somebody told of others within the hour. */
async function tellOf(
  { store, clock, auditTrail, notifier }: Omit<CanaryUsesDeps, 'newId' | 'normalize' | 'counter'>,
  id: string,
): Promise<void> {
  const isTold = await store.transaction(async (store) => {
    const at = clock.now();
    const uses = await store.canaries.claimUses(id, times(at));
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
