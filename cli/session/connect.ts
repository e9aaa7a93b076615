import { type Api, createApi } from '../api/client.ts';
import { exchange } from '../api/exchange.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { sessionFromEnvironment } from '../credentials/env.ts';
import { fileStore } from '../credentials/file.ts';
import { type CredentialStore, type CredentialStoreName, sessionAccount } from '../credentials/store.ts';
import { localError } from '../errors.ts';
import { tell } from '../ui/notes.ts';
import { configDirectory, readConfig, type ServerEntry } from './config-file.ts';
import { parseServerUrl, type Server } from './server-url.ts';

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
  // A keychain and a network stack take their time to open; neither waits for the other.
  const [session, send] = await Promise.all([requireSession(ctx, server), openNetwork(ctx, options, server)]);
  return { server, api: createApi(server, send, `Bearer ${session}`) };
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
  return createApi(server, await openNetwork(ctx, options, server), authorization);
}

/** `fetch` for this server, under the limits and headers of this program. */
export async function openNetwork(ctx: Context, options: GlobalOptions, server: Server): Promise<typeof fetch> {
  const answerMs = answerTimeout(ctx);
  return exchange(await ctx.fetch(Math.min(connectMs, answerMs)), {
    server,
    userAgent: `tokens/${ctx.version} ${ctx.runtime}`,
    signal: ctx.signal,
    answerMs,
    trace: async (line) => {
      if (options.verbose) await tell(ctx, line);
    },
  });
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

async function requireSession(ctx: Context, server: Server): Promise<string> {
  const given = sessionFromEnvironment(ctx);
  if (given !== null) return given;
  const entry = await findEntry(ctx, server);
  const session = entry && (await (await openStore(ctx, entry.credentialStore)).get(sessionAccount(entry)));
  if (session) return session;
  // A locked keychain answers as an empty one does.
  const locked = entry?.credentialStore === 'keychain' ? ', or the OS keychain is locked' : '';
  throw localError('not-signed-in', `Not signed in to ${server.url}${locked}. Run \`tokens login ${server.url}\`.`);
}

/** Plain http was accepted for this address when somebody signed in to it. */
async function mayBeInsecure(ctx: Context, url: string): Promise<boolean> {
  if (!/^http:/i.test(url)) return false;
  const wanted = parseServerUrl(url, true).url;
  const { servers } = await readConfig(configDirectory(ctx));
  return servers.some((entry) => entry.url === wanted && entry.insecureHttp);
}

/** The limit for an answer, in milliseconds: `TOKENS_TIMEOUT`, else 30 s. */
export function answerTimeout(ctx: Context): number {
  const text = ctx.env.TOKENS_TIMEOUT;
  if (!text) return defaultAnswerSeconds * 1000;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= longestAnswerSeconds) return Math.ceil(seconds * 1000);
  throw localError('usage', 'TOKENS_TIMEOUT is a number of seconds from 1 to 86400.');
}
