import { type Api, createApi } from '../api/client.ts';
import { isSuccess } from '../api/responses.ts';
import { guardFetch } from '../api/transport/guarded-fetch.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { sessionFromEnvironment } from '../credentials/environment.ts';
import { fileStore } from '../credentials/file.ts';
import { keyFromEnvironment } from '../credentials/management-key.ts';
import { type CredentialStore, type CredentialStoreName, sessionAccount } from '../credentials/store.ts';
import { localError } from '../errors.ts';
import { writeStderr } from '../ui/notes.ts';
import { configDirectory } from './config-file.ts';
import { findEntry, resolveServer } from './find-server.ts';
import { type FoundHeaders, findHeaders } from './gateway-headers.ts';
import { forgetNames } from './known-names.ts';
import type { Server } from './server-url.ts';

const maxConnectMs = 10_000;
const defaultTimeoutSeconds = 30;
const maxTimeoutSeconds = 86_400;

/** A server and its API, authenticated with a session or a management key. */
export interface Connection {
  readonly server: Server;
  readonly api: Api;
  readonly credential: 'session' | 'key';
}

/** Time limits for one request, in milliseconds. */
export interface Timeouts {
  readonly connectMs: number;
  /** From sending the request to the end of the response. */
  readonly responseMs: number;
}

/**
 * Finds the server and the session for it. A management key in the environment takes the place of the session.
 * @throws CliError `usage` without a server, `not-signed-in` without a session
 */
export async function connect(ctx: Context, options: GlobalOptions): Promise<Connection> {
  const server = await resolveServer(ctx, options);
  // In parallel, because opening a keychain and loading the network stack both take time.
  const [{ secret, credential }, send] = await Promise.all([
    requireCredential(ctx, server),
    openNetwork(ctx, options, server),
  ]);
  const authorization = `Bearer ${secret}`;
  // A management key is not a person, so the server never asks it for a confirmation.
  const confirming = credential === 'key' ? send : confirmingFetch(ctx, server, send, authorization);
  const plain = createApi(server, send, authorization);
  return { server, api: createApi(server, explainingFetch(confirming, plain, credential), authorization), credential };
}

/**
 * Returns a `fetch` whose error responses name the object that does not exist, and suggest close names. Loads the module only for
 * such a response.
 */
function explainingFetch(send: typeof fetch, api: Api, credential: Connection['credential']): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    if (response.status !== 400 && response.status !== 404) return response;
    const { explainUnknown } = await import('../api/find/explain-unknown.ts');
    const request = { url: String(input), method: init?.method ?? 'GET', body: init?.body };
    return explainUnknown(response, request, api, credential);
  };
}

/**
 * Returns a `fetch` that repeats a request once after the member has confirmed who they are. Loads the module only when a request
 * is refused, so that no command starts later because of it.
 */
function confirmingFetch(ctx: Context, server: Server, send: typeof fetch, authorization: string): typeof fetch {
  const load = async () => (await import('./confirm-it-is-you.ts')).createConfirmer(ctx, server, send, authorization);
  let confirmer: ReturnType<typeof load> | undefined;
  return async (input, init) => {
    const response = await send(input, init);
    if (response.status !== 403) return response;
    confirmer ??= load();
    return (await (await confirmer)(response)) ?? send(input, init);
  };
}

/** Returns the API of `server`. Sends `authorization` with every request, or no credential if it is null. */
export async function openApi(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  authorization: string | null,
): Promise<Api> {
  return createApi(server, await openNetwork(ctx, options, server), authorization);
}

/** Returns the `fetch` for requests to this server. After a change, completion asks for the names again. */
export async function openNetwork(ctx: Context, options: GlobalOptions, server: Server): Promise<typeof fetch> {
  const { connectMs, responseMs } = timeouts(ctx);
  const { fields } = await headersFor(ctx, options, server);
  const send = guardFetch(await ctx.fetch(connectMs), {
    server,
    gatewayHeaders: fields,
    userAgent: userAgent(ctx),
    signal: ctx.signal,
    responseTimeoutMs: responseMs,
    trace: requestTrace(ctx, options),
  });
  return async (input, init) => {
    const response = await send(input, init);
    if (isSuccess(response) && (init?.method ?? 'GET') !== 'GET') await forgetNames(ctx);
    return response;
  };
}

/** Returns the header fields that the gateway in front of this server needs. */
export async function headersFor(
  ctx: Context,
  options: GlobalOptions & { header?: readonly string[] },
  server: Server,
): Promise<FoundHeaders> {
  return findHeaders(
    ctx,
    options,
    server,
    () => findEntry(ctx, server),
    (name) => openStore(ctx, name),
  );
}

/** Returns the time limits: `TOKENS_TIMEOUT`, else 30 s, and at most 10 s for connecting. @throws CliError `usage`. */
export function timeouts(ctx: Context): Timeouts {
  const text = ctx.env.TOKENS_TIMEOUT;
  const seconds = text ? Number(text) : defaultTimeoutSeconds;
  if (!(seconds > 0 && seconds <= maxTimeoutSeconds)) {
    throw localError('usage', 'TOKENS_TIMEOUT must be a number of seconds from 1 to 86400.');
  }
  const responseMs = Math.ceil(seconds * 1000);
  return { connectMs: Math.min(maxConnectMs, responseMs), responseMs };
}

export function userAgent(ctx: Context): string {
  return `tokens/${ctx.version} ${ctx.runtime}`;
}

/** Returns a function that prints a line on stderr under `--verbose`. */
export function requestTrace(ctx: Context, options: GlobalOptions): (line: string) => Promise<void> {
  return async (line) => {
    if (options.verbose) await writeStderr(ctx, line);
  };
}

/** Opens a credential store. @throws CliError `no-keychain` if this machine has none. */
export async function openStore(ctx: Context, name: CredentialStoreName): Promise<CredentialStore> {
  if (name === 'file') return fileStore(configDirectory(ctx));
  const keychain = await ctx.keychain();
  if (keychain) return keychain;
  throw localError('no-keychain', 'There is no OS keychain here. Sign in with `--credential-store file`.');
}

async function requireCredential(
  ctx: Context,
  server: Server,
): Promise<{ secret: string; credential: Connection['credential'] }> {
  const session = sessionFromEnvironment(ctx);
  const key = session === null ? await keyFromEnvironment(ctx) : null;
  if (key !== null) return { secret: key, credential: 'key' };
  return { secret: session ?? (await requireStoredSession(ctx, server)), credential: 'session' };
}

async function requireStoredSession(ctx: Context, server: Server): Promise<string> {
  const entry = await findEntry(ctx, server);
  const session = entry && (await (await openStore(ctx, entry.credentialStore)).get(sessionAccount(entry)));
  if (session) return session;
  // A locked keychain reads as if it were empty.
  const locked = entry?.credentialStore === 'keychain' ? ', or the OS keychain is locked' : '';
  throw localError('not-signed-in', `Not signed in to ${server.url}${locked}. Run \`tokens login ${server.url}\`.`);
}
