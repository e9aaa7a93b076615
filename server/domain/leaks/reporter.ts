import { ProblemError } from '../../../shared/problem.ts';
import type { Actor, ClientRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type ClientInfo, clientActor, type KeyCaller, operatorActor, requireStillAllowed } from '../caller.ts';

/**
 * Who asks about values that may have leaked, or reports them: an OAuth client that may report, a management key with the scope `leaks`, or
 * GitHub's secret scanning, which signs its alerts.
 */
export type Reporter =
  | { kind: 'client'; client: ClientRecord; clientInfo: ClientInfo }
  | { kind: 'key'; key: KeyCaller; clientInfo: ClientInfo }
  | { kind: 'github'; clientInfo: ClientInfo };

/** Returns the reporter as an actor. No client has the ID null. */
export function reporterActor(reporter: Reporter): Actor {
  switch (reporter.kind) {
    case 'client':
      return clientActor(reporter.client);
    case 'key':
      return operatorActor(reporter.key);
    case 'github':
      return { kind: 'client', id: null, email: 'GitHub secret scanning' };
  }
}

/**
 * Checks again, inside the transaction that acts, that the client or the key may report. Without this check, a client whose secret was
 * replaced or whose right was removed could finish a long report. Locks the client, or what `requireStillAllowed` locks.
 * @throws ProblemError `not-authenticated`, `scope-missing`
 */
export async function requireStillReports(store: Store, reporter: Reporter): Promise<void> {
  if (reporter.kind === 'github') return;
  if (reporter.kind === 'key') return requireStillAllowed(store, reporter.key, 'leaks');
  const client = await store.clients.lock(reporter.client.id);
  if (client === null || !client.canReport || client.secretHash !== reporter.client.secretHash) throw mayNotReport();
}

export function mayNotReport(): ProblemError {
  return new ProblemError(
    'not-authenticated',
    'The client may not report leaked values. Ask an Organization Superuser.',
  );
}
