import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory, readConfig, type ServerEntry } from './config-file.ts';
import { parseServerUrl, type Server } from './server-url.ts';

/** Returns `--server`, else `TOKENS_SERVER`, else the remembered server. @throws CliError `usage` without any of them. */
export async function resolveServer(ctx: Context, options: GlobalOptions): Promise<Server> {
  const named = options.server ?? (ctx.env.TOKENS_SERVER || null);
  if (named !== null) return parseServerUrl(named, await acceptsInsecureHttp(ctx, named));
  const { current } = await readConfig(configDirectory(ctx));
  if (current === null) {
    throw localError('usage', 'No server is configured. Run `tokens login URL`, or set --server or TOKENS_SERVER.');
  }
  return parseServerUrl(current, await acceptsInsecureHttp(ctx, current));
}

/** Returns the remembered sign-in to exactly this address. A session is never sent to another address. */
export async function findEntry(ctx: Context, server: Server): Promise<ServerEntry | null> {
  const { servers } = await readConfig(configDirectory(ctx));
  return servers.find((entry) => entry.url === server.url) ?? null;
}

/** Returns whether the sign-in to this address accepted plain HTTP. */
async function acceptsInsecureHttp(ctx: Context, url: string): Promise<boolean> {
  if (!/^http:/i.test(url)) return false;
  const wanted = parseServerUrl(url, true).url;
  const { servers } = await readConfig(configDirectory(ctx));
  return servers.some((entry) => entry.url === wanted && entry.insecureHttp);
}
