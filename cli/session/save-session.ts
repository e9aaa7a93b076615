import { expectSuccess } from '../api/responses.ts';
import type { Context, GlobalOptions } from '../context.ts';
import type { NamedStore } from '../credentials/choose-store.ts';
import { headersAccount, sessionAccount } from '../credentials/store.ts';
import { configDirectory, rememberServer, type ServerEntry } from './config-file.ts';
import { headersFor, openApi } from './connect.ts';
import type { Server } from './server-url.ts';
import { removeCredentials } from './stored-session.ts';

/** A session that was just created, and the email address of its member. */
export interface NewSession {
  readonly secret: string;
  readonly email: string;
}

/** Stores the session and remembers the server. If that fails, ends the session on the server and throws the error. */
export async function saveSession(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  store: NamedStore,
  session: NewSession,
): Promise<void> {
  const { fields, source } = await headersFor(ctx, options, server);
  const names = source === 'environment' ? [] : Object.keys(fields);
  const entry: ServerEntry = {
    url: server.url,
    host: server.host,
    email: session.email,
    credentialStore: store.name,
    // Plain HTTP gets this far only to this machine, or if the member accepted it now or before.
    insecureHttp: server.url.startsWith('http:'),
    ...(names.length > 0 && { headers: names }),
  };
  try {
    await store.set(sessionAccount(server), session.secret);
    if (names.length > 0) await store.set(headersAccount(server), JSON.stringify(fields));
    const before = await rememberServer(configDirectory(ctx), entry);
    // Otherwise the earlier session would stay in a store that is no longer read.
    if (before && before.credentialStore !== store.name) await removeCredentials(ctx, before);
  } catch (error) {
    const api = await openApi(ctx, options, server, `Bearer ${session.secret}`);
    await expectSuccess(api.sessions.current.$delete()).catch(() => undefined);
    throw error;
  }
}
