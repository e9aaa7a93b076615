import type { Log } from '../../observability/log.ts';

/** Beyond this number, no more names are logged. */
const maxNames = 100;

/** Creates the function that logs a name of an app that a proxy asks about and that does not exist. It logs each name once. */
export function createWarnOfUnknownApp(log: Pick<Log, 'warn'>): (name: string) => void {
  const names = new Set<string>();
  return (name) => {
    if (names.size >= maxNames || names.has(name)) return;
    names.add(name);
    log.warn(
      { app: name.slice(0, 100) },
      'a proxy asks about an app that does not exist; every request for it gets 403 until it is created',
    );
  };
}
