import { type Api, createApi } from './api/client.ts';
import { exchange } from './api/exchange.ts';
import { configDirectory, readConfig, type ServerEntry } from './config-file.ts';
import type { Context, GlobalOptions } from './context.ts';
import { sessionFromEnvironment } from './credentials/env.ts';
import { fileStore } from './credentials/file.ts';
import { type CredentialStore, type CredentialStoreName, sessionAccount } from './credentials/store.ts';
import { localError } from './errors.ts';
import { parseServerUrl, type Server } from './server-url.ts';
import { tell } from './ui/notes.ts';

const connectMs = 10_000;
const defaultAnswerSeconds = 30;
const longestAnswerSeconds = 86_400;

/** A server and its API as the signed-in person. */
export interface Connection {
  readonly server: Server;
  readonly api: Api;
}

/** The server in use and the session for it. Throws `usage` without a server and `not-signed-in` without a session. */
export async function connect(ctx: Context, options: GlobalOptions): Promise<Connection> {
  const server = await resolveServer(ctx, options);
  const session = await findSession(ctx, server);
  if (session === null) throw notSignedIn(server);
  return { server, api: await openApi(ctx, options, server, `Bearer ${session}`) };
}

/** `--server`, else `TOKENS_SERVER`, else the remembered server. Throws `usage` if there is none. */
export async function resolveServer(ctx: Context, options: GlobalOptions): Promise<Server> {
  const named = options.server ?? (ctx.env.TOKENS_SERVER || null);
  if (named !== null) return parseServerUrl(named, await mayBeInsecure(ctx, named));
  const { current } = await readConfig(configDirectory(ctx));
  if (current === null) {
    throw localError('usage', 'No server is known. Run `tokens login URL`, or give --server or TOKENS_SERVER.');
  }
  return parseServerUrl(current, await mayBeInsecure(ctx, current));
}

/** The API of `server` with this `Authorization`, or none. */
export async function openApi(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  authorization: string | null,
): Promise<Api> {
  const answerMs = answerTimeout(ctx);
  const send = exchange(await ctx.fetch(Math.min(connectMs, answerMs)), {
    server,
    userAgent: `tokens/${ctx.version} ${ctx.runtime}`,
    signal: ctx.signal,
    answerMs,
    trace: async (line) => {
      if (options.verbose) await tell(ctx, line);
    },
  });
  return createApi(server, send, authorization);
}

/** The remembered sign-in to exactly this address; a session never goes to another. */
export async function findEntry(ctx: Context, server: Server): Promise<ServerEntry | null> {
  const { servers } = await readConfig(configDirectory(ctx));
  return servers.find((entry) => entry.url === server.url) ?? null;
}

/** The store a session is kept in. Throws `no-keychain` where there is none. */
export async function openStore(ctx: Context, name: CredentialStoreName): Promise<CredentialStore> {
  if (name === 'file') return fileStore(configDirectory(ctx));
  const keychain = await ctx.keychain();
  if (keychain) return keychain;
  throw localError('no-keychain', 'There is no OS keychain here. Sign in with `--credential-store file`.');
}

export function notSignedIn(server: Server) {
  return localError('not-signed-in', `Not signed in to ${server.url}. Run \`tokens login ${server.url}\`.`);
}

async function findSession(ctx: Context, server: Server): Promise<string | null> {
  const given = sessionFromEnvironment(ctx);
  if (given !== null) return given;
  const entry = await findEntry(ctx, server);
  if (!entry) return null;
  return (await openStore(ctx, entry.credentialStore)).get(sessionAccount(entry));
}

/** Plain http was accepted for this address when somebody signed in to it. */
async function mayBeInsecure(ctx: Context, url: string): Promise<boolean> {
  if (!/^http:/i.test(url)) return false;
  const wanted = parseServerUrl(url, true).url;
  const { servers } = await readConfig(configDirectory(ctx));
  return servers.some((entry) => entry.url === wanted && entry.insecureHttp);
}

function answerTimeout(ctx: Context): number {
  const text = ctx.env.TOKENS_TIMEOUT;
  if (!text) return defaultAnswerSeconds * 1000;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= longestAnswerSeconds) return Math.ceil(seconds * 1000);
  throw localError('usage', 'TOKENS_TIMEOUT is a number of seconds from 1 to 86400.');
}
