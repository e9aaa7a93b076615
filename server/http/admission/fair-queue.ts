export interface AdmissionLimits {
  /** Maximum number of requests in flight, in all and for one lane. */
  maxInFlight: number;
  maxInFlightPerLane: number;
  /** Maximum number of waiting requests, in all and for one lane. */
  maxWaiting: number;
  maxWaitingPerLane: number;
  /** A request that waited longer than this is refused. */
  maxWaitMs: number;
  /** A request that takes longer than this is waiting for something other than the CPU. It gives its place to another one. */
  slowAfterMs: number;
  /** Maximum number of slow requests that gave up their places, in all and for one lane. */
  maxSlow: number;
  maxSlowPerLane: number;
}

/** One request. `lane` is the group whose requests share its turns, such as a client's site. */
export interface Entry {
  readonly lane: string;
  state: 'new' | 'waiting' | 'in flight' | 'slow' | 'done';
  /** When the current state began. */
  since: number;
}

interface Lane<E> {
  waiting: Set<E>;
  inFlight: number;
  slow: number;
}

/**
 * Creates a queue in which lanes take turns, so that many requests in one lane do not delay those in another. Has no
 * timers and no clock: `now` is a time in milliseconds.
 *
 * - **Waiting**: `add` puts a request at the end of its lane. If all places are taken, the longest lane loses its newest request.
 * - **In flight**: `take` starts the oldest request of the lane whose turn it is, if a place is free in all and in that lane.
 * - **Slow**: `releaseSlow` gives away the places of requests that have been in flight for long, within limits of its own.
 *   Otherwise a few slow bodies would stop all requests.
 * - **Done**: `remove` ends a request in any state.
 */
export function createFairQueue<E extends Entry>(limits: AdmissionLimits) {
  const lanes = new Map<string, Lane<E>>();
  /** Lanes with waiting requests, in the order of their turns. */
  const turns = new Set<Lane<E>>();
  /** In the order in which they started. */
  const inFlight = new Set<E>();
  let waiting = 0;
  let slow = 0;

  function laneOf(name: string): Lane<E> {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = { waiting: new Set(), inFlight: 0, slow: 0 };
      lanes.set(name, lane);
    }
    return lane;
  }

  function enqueue(entry: E, lane: Lane<E>, now: number): void {
    entry.state = 'waiting';
    entry.since = now;
    lane.waiting.add(entry);
    turns.add(lane);
    waiting += 1;
  }

  function longestLane(): Lane<E> | undefined {
    let longest: Lane<E> | undefined;
    for (const lane of turns) if (lane.waiting.size > (longest?.waiting.size ?? 0)) longest = lane;
    return longest;
  }

  /** Adds a request. Returns the request that is refused for it, if there is no room: another one or itself. */
  function add(entry: E, now: number): E | null {
    const lane = laneOf(entry.lane);
    let refused: E | null = null;
    if (lane.waiting.size >= limits.maxWaitingPerLane) refused = entry;
    else if (waiting >= limits.maxWaiting) {
      const longest = longestLane();
      refused =
        longest === undefined || longest.waiting.size <= lane.waiting.size + 1 ? entry : newestOf(longest, entry);
    }
    if (refused !== entry) enqueue(entry, lane, now);
    if (refused !== null) remove(refused);
    return refused;
  }

  /** Returns the lane whose turn it is, if one of its requests may start. */
  function nextLane(): Lane<E> | undefined {
    if (inFlight.size >= limits.maxInFlight) return undefined;
    for (const lane of turns) if (lane.inFlight < limits.maxInFlightPerLane) return lane;
    return undefined;
  }

  /** Starts the next request and returns it, or returns null if none may start. */
  function take(now: number): E | null {
    const lane = nextLane();
    const [entry] = lane?.waiting ?? [];
    if (lane === undefined || entry === undefined) return null;
    stopWaiting(entry, lane);
    // The lane moves behind the others.
    if (turns.delete(lane)) turns.add(lane);
    entry.state = 'in flight';
    entry.since = now;
    lane.inFlight += 1;
    inFlight.add(entry);
    return entry;
  }

  function stopWaiting(entry: E, lane: Lane<E>): void {
    lane.waiting.delete(entry);
    waiting -= 1;
    if (lane.waiting.size === 0) turns.delete(lane);
  }

  /** Ends a request. Does nothing if it has ended already. */
  function remove(entry: E): void {
    const lane = laneOf(entry.lane);
    if (entry.state === 'waiting') stopWaiting(entry, lane);
    if (entry.state === 'in flight') {
      lane.inFlight -= 1;
      inFlight.delete(entry);
    }
    if (entry.state === 'slow') {
      lane.slow -= 1;
      slow -= 1;
    }
    entry.state = 'done';
    if (lane.waiting.size + lane.inFlight + lane.slow === 0) lanes.delete(entry.lane);
  }

  /** Makes room for others if requests have been in flight for long. */
  function releaseSlow(now: number): void {
    for (const entry of inFlight) {
      if (now - entry.since < limits.slowAfterMs || slow >= limits.maxSlow) return;
      const lane = laneOf(entry.lane);
      if (lane.slow >= limits.maxSlowPerLane) continue;
      inFlight.delete(entry);
      lane.inFlight -= 1;
      lane.slow += 1;
      slow += 1;
      entry.state = 'slow';
    }
  }

  /** Removes the requests that waited too long, and returns them. */
  function takeOverdue(now: number): E[] {
    const overdue: E[] = [];
    for (const lane of turns) {
      for (const entry of lane.waiting) {
        if (now - entry.since < limits.maxWaitMs) break;
        overdue.push(entry);
      }
    }
    overdue.forEach(remove);
    return overdue;
  }

  return {
    add,
    take,
    /** Reports whether `take` would start a request. */
    canTake: () => nextLane() !== undefined,
    remove,
    releaseSlow,
    takeOverdue,
    /** Returns the number of waiting requests. */
    waiting: () => waiting,
  };
}

/** Returns the newest of the waiting requests, or `otherwise` if none is waiting. */
function newestOf<E>({ waiting }: Lane<E>, otherwise: E): E {
  let newest = otherwise;
  for (const entry of waiting) newest = entry;
  return newest;
}
