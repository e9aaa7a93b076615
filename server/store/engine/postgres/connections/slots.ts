import { DeadlineReached } from './deadline.ts';

/** A bounded number of connections. A connection keeps its slot until the server is known to have ended it. */
export interface Slots {
  /**
   * Takes a slot, and waits in the order of arrival if none is free. Returns a function that frees it, which may be called
   * more than once.
   *
   * @throws DeadlineReached if no slot becomes free within `timeoutMs`
   */
  take(timeoutMs: number): Promise<() => void>;
}

interface Waiter {
  timer: NodeJS.Timeout;
  proceed(): void;
}

export function createSlots(max: number): Slots {
  let taken = 0;
  const waiting = new Set<Waiter>();

  function free(): void {
    taken -= 1;
    const [next] = waiting;
    if (next === undefined) return;
    waiting.delete(next);
    clearTimeout(next.timer);
    next.proceed();
  }

  function occupy(): () => void {
    taken += 1;
    let occupied = true;
    return () => {
      if (occupied) free();
      occupied = false;
    };
  }

  return {
    async take(timeoutMs) {
      if (taken < max) return occupy();
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          timer: setTimeout(() => {
            waiting.delete(waiter);
            reject(new DeadlineReached());
          }, timeoutMs),
          proceed: () => resolve(occupy()),
        };
        waiting.add(waiter);
      });
    },
  };
}
