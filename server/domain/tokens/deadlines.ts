import { setImmediate as eventLoopTurn } from 'node:timers/promises';

/** Waits for `work`, at most until `endsAt`, a `performance.now()` time. The work itself continues. */
export type WaitUntil = <T>(endsAt: number, work: Promise<T>) => Promise<T>;

interface Wait {
  endsAt: number;
  giveUp(): void;
}

/**
 * Creates a function that rejects with `createError()` when work takes too long.
 *
 * All waits share one timer, because setting and clearing a timer takes longer than the rest of a wait. The timer is set
 * for the earliest end. It stays set when that wait ends early, and when it fires, it is set for the next end.
 *
 * After a stall of the event loop, the timer fires before results that have already arrived are processed. A wait
 * therefore lasts two more turns of the event loop.
 */
export function createDeadlines(createError: () => Error): WaitUntil {
  const waits = new Set<Wait>();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  function setTimer(at: number): void {
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(endOverdue, at - performance.now()).unref();
  }

  function endOverdue(): void {
    const now = performance.now();
    timerAt = Number.POSITIVE_INFINITY;
    for (const wait of waits) {
      if (wait.endsAt <= now) {
        waits.delete(wait);
        void eventLoopTurn().then(eventLoopTurn).then(wait.giveUp);
      } else if (wait.endsAt < timerAt) {
        setTimer(wait.endsAt);
      }
    }
  }

  return (endsAt, work) =>
    new Promise((resolve, reject) => {
      const wait = { endsAt, giveUp: () => reject(createError()) };
      const forget = () => waits.delete(wait);
      waits.add(wait);
      if (endsAt < timerAt) setTimer(endsAt);
      work.then(resolve, reject);
      work.then(forget, forget);
    });
}
