import { expectSuccess } from '../api/responses.ts';
import type { Context, GlobalOptions } from '../context.ts';
import type { NamedStore } from '../credentials/choose-store.ts';
import { sessionAccount } from '../credentials/store.ts';
import { configDirectory, rememberServer, type ServerEntry } from './config-file.ts';
import { openApi, openStore } from './connect.ts';
import type { Server } from './server-url.ts';

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
  const entry = {
    ...server,
    email: session.email,
    credentialStore: store.name,
    // Plain HTTP gets this far only to this machine, or if the member accepted it now or before.
    insecureHttp: server.url.startsWith('http:'),
  };
  try {
    await store.set(sessionAccount(server), session.secret);
    const before = await rememberServer(configDirectory(ctx), entry);
    // Otherwise the earlier session would stay in a store that is no longer read.
    if (before && before.credentialStore !== store.name) await removeSession(ctx, before);
  } catch (error) {
    const api = await openApi(ctx, options, server, `Bearer ${session.secret}`);
    await expectSuccess(api.sessions.current.$delete()).catch(() => undefined);
    throw error;
  }
}

async function removeSession(ctx: Context, { credentialStore, host }: ServerEntry): Promise<void> {
  const store = await openStore(ctx, credentialStore).catch(() => null);
  await store?.delete(sessionAccount({ host })).catch(() => undefined);
}
