import { productPrefixPattern } from '../../shared/token-format.ts';
import { isObject, notTokensd, readResponse } from '../api/responses.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { hasCode, localError } from '../errors.ts';
import { openNetwork } from '../session/connect.ts';
import { resolveServer } from '../session/find-server.ts';
import type { Server } from '../session/server-url.ts';

/** The prefix of values of a server whose operator chose no other. */
const defaultPrefixes = ['tok'];

/** Checks the prefixes that the user gave. @throws CliError `usage` */
export function checkPrefixes(prefixes: readonly string[]): readonly string[] {
  const wrong = prefixes.find((prefix) => !productPrefixPattern.test(prefix));
  if (wrong === undefined) return prefixes;
  throw localError('usage', `"${wrong}" is no prefix. A prefix has 2 to 10 lower-case letters and digits, as in acme.`);
}

/** Returns the server that the user chose, or null if there is none. @throws CliError `usage` for a wrong address */
export async function findServer(ctx: Context, options: GlobalOptions): Promise<Server | null> {
  const isNamed = options.server !== undefined || Boolean(ctx.env.TOKENS_SERVER);
  return resolveServer(ctx, options).catch((error: unknown) => {
    if (!isNamed && hasCode(error, 'usage')) return null;
    throw error;
  });
}

/** Returns the prefixes of the server's values. An older server does not send them. */
export async function prefixesOf(
  ctx: Context,
  options: GlobalOptions,
  server: Server | null,
): Promise<readonly string[]> {
  if (server === null) return defaultPrefixes;
  const send = await openNetwork(ctx, options, server);
  const { status, body } = await readResponse(send(`${server.url}/.well-known/oauth-authorization-server`));
  if (status !== 200 || !isObject(body)) throw notTokensd();
  const { token_prefixes: prefixes = defaultPrefixes } = body;
  if (!Array.isArray(prefixes) || !prefixes.every((one) => typeof one === 'string' && productPrefixPattern.test(one))) {
    throw notTokensd();
  }
  return prefixes;
}
