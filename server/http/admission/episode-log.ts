import type { Log } from '../../observability/log.ts';

/** An episode ends when no request has been refused for this long. */
const quietMs = 10_000;

/** Logs refused requests as two lines: one when an episode begins, and one with their number when it ends. */
export interface EpisodeLog {
  /** Records one refused request. */
  record(): void;
}

export function createEpisodeLog(log: Pick<Log, 'warn' | 'info'>): EpisodeLog {
  let refused = 0;
  let refusedBefore = 0;

  function endIfQuiet(): void {
    if (refused > refusedBefore) {
      refusedBefore = refused;
      setTimeout(endIfQuiet, quietMs).unref();
      return;
    }
    log.info({ refused }, 'no requests are refused any more');
    refused = 0;
    refusedBefore = 0;
  }

  return {
    record() {
      refused += 1;
      if (refused > 1) return;
      log.warn({}, 'too many requests at once; some get 503, but verification continues');
      endIfQuiet();
    },
  };
}
