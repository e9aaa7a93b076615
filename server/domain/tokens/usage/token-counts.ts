import { limits } from '../../../../shared/limits.ts';
import type { GapTimes, HourCount, LastUse, SeenCount, SeenKind, TokenUses } from '../../../store/records.ts';
import type { ForbidReason } from '../rules/evaluate.ts';
import { withGaps } from './gaps.ts';

const hourMs = 60 * 60 * 1000;

/** Precedes the reason in the outcome of uses that rules would have denied. */
export const wouldDenyPrefix = 'would-deny:';

const nothingSeen = { route: null, network: null, agent: null, app: null, 'would-deny': null };
const seenKinds = Object.keys(nothingSeen) as SeenKind[];

/** Uses with the same fields are counted together. An unknown field is null. */
export interface UseKind {
  /** `allowed`, or the deny reason. Denied uses are counted by hour only. */
  outcome: string;
  route: string | null;
  network: string | null;
  agent: string | null;
  /** The ID of the app. */
  app: string | null;
  /** Why rules would have denied the use if they were enforced. */
  wouldDeny: ForbidReason | null;
  /** See `gapBits`. */
  gaps: number;
}

/** The first use of a network, as a mail describes it. */
export type Sample = Omit<LastUse, 'at'>;

/** One or several uses of one kind in one hour. */
export interface Uses {
  uses: number;
  firstAt: number;
  lastAt: number;
}

/**
 * The uses of one token since the last flush. Uses of one kind in a row, in one hour, are one count in this object. Most
 * tokens need no more, which keeps a million of them small: times are offsets in the hour, because V8 stores small numbers
 * in place. A use of another kind moves the count to `others`.
 */
export interface TokenCounts extends UseKind {
  uses: number;
  /** Hours since the epoch. */
  hour: number;
  firstOffset: number;
  lastOffset: number;
  /** How the first use from `network` looked; null if too many networks are sampled already. */
  sample: Sample | null;
  others: OtherCounts | null;
}

interface Seen {
  uses: number;
  firstAt: number;
  lastAt: number;
  sample: Sample | null;
}

interface OtherCounts {
  firstAt: number | null;
  hours: HourCount[];
  gaps: GapTimes | null;
  seen: Record<SeenKind, Map<string, Seen> | null>;
  /** How many samples were taken, including those that newer networks replaced. */
  sampled: number;
}

/** The uses of a token that are ready to be written, and how the first use from each network looked. */
export interface CountedToken extends TokenUses {
  samples: ReadonlyMap<string, Sample>;
  /** How many samples were taken. `samples` holds fewer if newer networks replaced some. */
  sampled: number;
  /** By how many values the counts had grown before they were taken. */
  grown: number;
}

/** Returns the counts of a token with its first uses. */
export function firstCount(kind: UseKind, { uses, firstAt, lastAt }: Uses, sample: Sample | null): TokenCounts {
  // `| 0` lets V8 store the numbers in place.
  const hour = Math.floor(firstAt / hourMs) | 0;
  const firstOffset = (firstAt - hour * hourMs) | 0;
  const lastOffset = (lastAt - hour * hourMs) | 0;
  const { outcome, route, network, agent, app, wouldDeny, gaps } = kind;
  // One literal, because V8 stores fields that are spread into an object apart from it, which takes twice the memory.
  return {
    outcome,
    route,
    network,
    agent,
    app,
    wouldDeny,
    gaps,
    uses,
    hour,
    firstOffset,
    lastOffset,
    sample,
    others: null,
  };
}

/** Adds uses if they are of the same kind and hour as those before. Returns false, and does nothing, if they are not. */
export function countAgain(counts: TokenCounts, kind: UseKind, { uses, firstAt, lastAt }: Uses): boolean {
  const firstOffset = Math.trunc(firstAt - counts.hour * hourMs);
  const lastOffset = Math.trunc(lastAt - counts.hour * hourMs);
  if (firstOffset < 0 || lastOffset >= hourMs || counts.outcome !== kind.outcome) return false;
  if (counts.route !== kind.route || counts.network !== kind.network || counts.agent !== kind.agent) return false;
  if (counts.app !== kind.app || counts.wouldDeny !== kind.wouldDeny || counts.gaps !== kind.gaps) return false;
  counts.uses += uses;
  if (lastOffset > counts.lastOffset) counts.lastOffset = lastOffset;
  if (firstOffset < counts.firstOffset) counts.firstOffset = firstOffset;
  return true;
}

/** Counts uses of another kind or hour than those before. Returns by how many values the counts have grown. */
export function countOther(counts: TokenCounts, kind: UseKind, uses: Uses, sample: Sample | null): number {
  const grown = settle(counts);
  Object.assign(counts, firstCount(kind, uses, sample), { others: counts.others });
  return grown;
}

/** Returns whether the token has been used from this network since the last flush. */
export function knowsNetwork({ network, others }: TokenCounts, wanted: string): boolean {
  return network === wanted || (others?.seen.network?.has(wanted) ?? false);
}

/** Returns what is written about a token. */
export function countedToken(tokenId: string, counts: TokenCounts): CountedToken {
  const late = settle(counts);
  const { hours, firstAt, gaps, seen, sampled } = counts.others as OtherCounts;
  const samples = new Map<string, Sample>();
  const values: SeenCount[] = [];
  for (const kind of seenKinds) {
    for (const [value, { sample, ...counted }] of seen[kind] ?? []) {
      values.push({ kind, value, ...counted });
      if (sample !== null) samples.set(value, sample);
    }
  }
  return { tokenId, firstAt, hours, seen: values, gaps, samples, sampled, grown: values.length - late };
}

/** Adds the count in the object itself to the others. Returns the number of values that were not counted before. */
function settle(counts: TokenCounts): number {
  counts.others ??= { firstAt: null, hours: [], gaps: null, seen: { ...nothingSeen }, sampled: 0 };
  const { others, hour, outcome, uses, sample, wouldDeny } = counts;
  if (sample !== null) others.sampled += 1;
  addHour(others, { hour, outcome, uses });
  if (outcome !== 'allowed') return 0;
  if (wouldDeny !== null) addHour(others, { hour, outcome: `${wouldDenyPrefix}${wouldDeny}`, uses });
  const [firstAt, lastAt] = [hour * hourMs + counts.firstOffset, hour * hourMs + counts.lastOffset];
  others.firstAt = Math.min(others.firstAt ?? firstAt, firstAt);
  others.gaps = withGaps(others.gaps, counts.gaps, lastAt);
  let grown = 0;
  for (const kind of seenKinds) {
    const value = kind === 'would-deny' ? wouldDenyValue(counts) : counts[kind];
    if (value === null) continue;
    others.seen[kind] ??= new Map();
    const seen = { uses, firstAt, lastAt, sample: kind === 'network' ? sample : null };
    if (addSeen(others.seen[kind], value, seen)) grown += 1;
  }
  return grown;
}

function addHour({ hours }: OtherCounts, added: HourCount): void {
  const sameHour = hours.find(({ hour, outcome }) => hour === added.hour && outcome === added.outcome);
  if (sameHour === undefined) hours.push(added);
  else sameHour.uses += added.uses;
}

/** A request without a path is counted by its reason only. */
function wouldDenyValue({ wouldDeny, route }: UseKind): string | null {
  return wouldDeny === null || route === null ? null : `${wouldDeny} ${route}`;
}

/** Adds a count. A new value replaces the least recent one if there are too many. Returns whether the map has grown. */
function addSeen(map: Map<string, Seen>, value: string, added: Seen): boolean {
  const known = map.get(value);
  if (known !== undefined) {
    known.uses += added.uses;
    known.firstAt = Math.min(known.firstAt, added.firstAt);
    known.lastAt = Math.max(known.lastAt, added.lastAt);
    return false;
  }
  map.set(value, added);
  if (map.size <= limits.maxSeenValues) return true;
  let [oldest, oldestAt] = [value, Number.POSITIVE_INFINITY];
  for (const [candidate, { lastAt }] of map) if (lastAt < oldestAt) [oldest, oldestAt] = [candidate, lastAt];
  map.delete(oldest);
  return false;
}
