import { readFile } from 'node:fs/promises';
import { parseUrl } from '../../../../shared/urls.ts';
import { isObject, readResponse } from '../../../api/responses.ts';
import { guardFetch } from '../../../api/transport/guarded-fetch.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError, systemCode } from '../../../errors.ts';
import { requestTrace, timeouts, userAgent } from '../../../session/connect.ts';
import { parseServerUrl } from '../../../session/server-url.ts';

/** Where a projected token is mounted, as in the example for Kubernetes. */
const projectedFile = '/var/run/secrets/tokens/token';
const maxFileBytes = 16 * 1024;

export interface JobTokenOptions extends GlobalOptions {
  idTokenFile?: string;
}

/**
 * Returns the identity token of the job that this program runs in, from the first of these: `--id-token-file`, `TOKENS_ID_TOKEN`, GitHub
 * Actions, the projected file in a pod. `audience` is called only if a token must be requested.
 * @throws CliError `usage` if there is none, `exchange-refused` if GitHub gives none
 */
export async function findJobToken(
  ctx: Context,
  options: JobTokenOptions,
  audience: () => Promise<string>,
): Promise<string> {
  const { TOKENS_ID_TOKEN: given, ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = ctx.env;
  if (options.idTokenFile !== undefined) return requireFile(options.idTokenFile);
  if (given?.trim()) return given.trim();
  if (url && secret) return requestFromGitHub(ctx, options, { url, secret, audience: await audience() });
  const projected = await readTokenFile(projectedFile);
  if (projected !== null) return projected;
  throw localError(
    'usage',
    'This job has no identity token. In GitHub Actions, give the job the permission id-token: write; elsewhere, set TOKENS_ID_TOKEN or use --id-token-file.',
  );
}

async function requireFile(path: string): Promise<string> {
  const token = await readTokenFile(path);
  if (token !== null) return token;
  throw localError('usage', 'The file of --id-token-file does not exist or is empty. Check its path.');
}

/** Returns the content of the file, or null if it does not exist or is empty. Follows links: a projected file is one. */
async function readTokenFile(path: string): Promise<string | null> {
  try {
    const text = await readFile(path);
    if (text.length > maxFileBytes) throw localError('damaged-file', 'The file of the identity token is too large.');
    return text.toString('utf8').trim() || null;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === undefined) throw error;
    throw localError('damaged-file', `The file of the identity token cannot be read (${code}).`, error);
  }
}

/** Requests the token of the job from GitHub, for one audience. */
async function requestFromGitHub(
  ctx: Context,
  options: JobTokenOptions,
  { url, secret, audience }: { url: string; secret: string; audience: string },
): Promise<string> {
  const target = parseUrl(url);
  if (target === null) throw localError('usage', 'ACTIONS_ID_TOKEN_REQUEST_URL is not an address.');
  const server = parseServerUrl(target.origin, false);
  const { connectMs, responseMs } = timeouts(ctx);
  const send = guardFetch(await ctx.fetch(connectMs), {
    server,
    gatewayHeaders: {},
    userAgent: userAgent(ctx),
    signal: ctx.signal,
    responseTimeoutMs: responseMs,
    trace: requestTrace(ctx, options),
  });
  target.searchParams.set('audience', audience);
  const headers = { Authorization: `Bearer ${secret}`, Accept: 'application/json' };
  const { status, body } = await readResponse(send(target.href, { headers }));
  if (status === 200 && isObject(body) && typeof body.value === 'string') return body.value;
  throw localError(
    'exchange-refused',
    `GitHub gave the job no identity token (HTTP ${status}). Check its permissions.`,
  );
}
