import { createTicks, createTimeline, type Timeline } from '../../attacks/races/timeline.ts';
import { verify } from '../daemon/api.ts';

/** A value of a token, and what is known about it. */
export interface WatchedValue {
  text: string;
  token: WatchedToken;
  /** When its overlap ends, in epoch milliseconds. Infinity for a current value. */
  validUntil: number;
  /** Whether its overlap was ended early. */
  ended: Timeline<boolean>;
}

export interface WatchedToken {
  id: string;
  /** The value before the last rotation. */
  old?: WatchedValue;
  current: WatchedValue;
  paused: Timeline<boolean>;
  revoked: Timeline<boolean>;
}

/** A response, with the times when its request began and when it arrived: as ticks, and in epoch milliseconds. */
interface Observation {
  value: WatchedValue;
  verdict: string;
  from: { tick: number; at: number };
  to: { tick: number; at: number };
}

export type Watch = ReturnType<typeof createWatch>;

/**
 * Records responses about values while others rotate, pause and revoke their tokens. Judges them at the end, when the end of each overlap is
 * known. `clockErrorMs` is by how much the clock that ends an overlap may differ from ours.
 */
export function createWatch(clockErrorMs: number) {
  const tick = createTicks();
  const observations: Observation[] = [];

  const moment = () => ({ tick: tick(), at: Date.now() });
  const newValue = (text: string, token: WatchedToken): WatchedValue => ({
    text,
    token,
    validUntil: Number.POSITIVE_INFINITY,
    ended: createTimeline(tick, false),
  });

  /** Returns the verdicts that were true at some time between a request and its response, in the order of precedence. */
  function possibleVerdicts({ value, from, to }: Observation): string[] {
    const overlapEnded = [
      ...(from.at < value.validUntil + clockErrorMs ? [false] : []),
      ...(to.at >= value.validUntil - clockErrorMs ? [true] : []),
    ];
    const facts = {
      revoked: value.token.revoked.between(from.tick, to.tick),
      rotated: [...new Set([...value.ended.between(from.tick, to.tick), ...overlapEnded])],
      paused: value.token.paused.between(from.tick, to.tick),
    };
    // An overlap that was ended early, or has ended by the clock, does not begin again.
    if (!value.ended.between(from.tick, to.tick).includes(false) || !overlapEnded.includes(false))
      facts.rotated = [true];
    const possible: string[] = [];
    for (const [reason, states] of Object.entries(facts)) {
      if (states.includes(true)) possible.push(reason);
      if (!states.includes(false)) return possible;
    }
    return [...possible, 'active'];
  }

  return {
    newToken(id: string, text: string): WatchedToken {
      const token = { id, paused: createTimeline(tick, false), revoked: createTimeline(tick, false) } as WatchedToken;
      token.current = newValue(text, token);
      return token;
    },
    /** Records that a rotation was acknowledged, and returns the value before it. */
    rotated(token: WatchedToken, text: string, validUntil: number): WatchedValue {
      const old = token.current;
      old.validUntil = validUntil;
      token.old = old;
      token.current = newValue(text, token);
      return old;
    },
    /** Presents a value at one node and records the response. */
    async observe(url: string, value: WatchedValue): Promise<void> {
      const from = moment();
      const response = await verify(url, value.text);
      const to = moment();
      await response.arrayBuffer();
      // A verification that a busy machine could not do in time decides nothing.
      if (response.status === 503) return;
      const verdict = response.status === 200 ? 'active' : `${response.headers.get('x-tokens-reason')}`;
      observations.push({ value, verdict, from, to });
    },
    /** Returns the responses that were not true at any time between the request and the response. */
    wrong: () =>
      observations
        .map((seen) => ({ ...seen, possible: possibleVerdicts(seen) }))
        .filter(({ verdict, possible }) => !possible.includes(verdict))
        .map(({ verdict, possible, from, to, value }) => ({
          verdict,
          possible,
          msBeforeEnd: [value.validUntil - from.at, value.validUntil - to.at],
        })),
    /** Returns how often a value got each verdict. */
    countsOf(value: WatchedValue): Record<string, number> {
      const counts: Record<string, number> = {};
      for (const seen of observations) if (seen.value === value) counts[seen.verdict] = (counts[seen.verdict] ?? 0) + 1;
      return counts;
    },
    total: () => observations.length,
  };
}
