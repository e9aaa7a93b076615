import type { Log } from '../../observability/log.ts';

/** Beyond this number, no more names are logged. */
const maxNames = 100;

/** Logs why the requests of a proxy are for an unknown app. Logs each reason once. */
export interface AppWarnings {
  unknownName(name: string): void;
  /** `field` is the header field that held the host. */
  unusableHost(field: string): void;
}

export function createAppWarnings(log: Pick<Log, 'warn'>): AppWarnings {
  const names = new Set<string>();
  const fields = new Set<string>();
  return {
    unknownName(name) {
      if (names.size >= maxNames || names.has(name)) return;
      names.add(name);
      log.warn(
        { app: name.slice(0, 100) },
        'a proxy asks about an app that does not exist; every request for it gets 403 until it is created',
      );
    },
    unusableHost(field) {
      if (fields.has(field)) return;
      fields.add(field);
      log.warn(
        { field },
        'a proxy sent several hosts, or one that is not a host name; such requests get 403, because the app is unknown',
      );
    },
  };
}
