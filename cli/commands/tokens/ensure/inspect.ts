import { foldName, serviceAccountIdentity } from '../../../../shared/names.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { displayPrefix, isWellFormedToken } from '../../../../shared/token-format.ts';
import { type DenyReason, readDenyReason } from '../../../api/deny-reason.ts';
import { isObject, notTokensd, problemOf, readResponse } from '../../../api/responses.ts';
import { tokenShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { explainMalformed } from '../../../input/explain-malformed.ts';
import { openApi } from '../../../session/connect.ts';
import type { Server } from '../../../session/server-url.ts';
import type { TokenFile } from '../../../token-file/token-file.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import type { Wanted } from './wanted.ts';

type WantedToken = Pick<Wanted, 'name' | 'serviceAccount'>;

/** The server's answer about the value in a file. */
export type Present =
  /** The file holds no value. */
  | { readonly kind: 'none' }
  /** `isCurrent` is false for the value before a rotation, during the overlap. */
  | { readonly kind: 'active'; readonly value: string; readonly token: Token; readonly isCurrent: boolean }
  | { readonly kind: 'inactive'; readonly reason: DenyReason };

/**
 * Asks the server about the value in the file.
 * @throws CliError `damaged-file` if the file holds something other than a value; `other-token` if the value belongs to another
 *   token, or to no token of this server. Replacing it could destroy the only copy.
 */
export async function inspectFile(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  { path, text: value }: TokenFile,
  { name, serviceAccount }: WantedToken,
): Promise<Present> {
  if (value === null) return { kind: 'none' };
  if (!isWellFormedToken(value)) {
    const why = explainMalformed(value);
    throw localError('damaged-file', `${path} does not hold a token (${why}). Remove it, or give another file.`);
  }
  const api = await openApi(ctx, options, server, `Token ${value}`);
  const response = await readResponse(api.token.$get({ query: {} }));
  if (response.status === 200) {
    const mismatch = tokenShape(response.body);
    if (mismatch !== null) throw notTokensd(new Error(`The body${mismatch}`));
    const token = response.body as Token;
    requireSameToken(path, token, { name, serviceAccount });
    return { kind: 'active', value, token, isCurrent: token.prefix === displayPrefix(value) };
  }
  if (response.status !== 401) throw response.status < 400 ? notTokensd() : problemOf(response);
  const reason = readDenyReason(response);
  const known = isObject(response.body) && isObject(response.body.token) ? response.body.token : null;
  if (reason === 'unknown') throw unknownValue(path, server);
  if (typeof known?.name === 'string' && !isSameName(known.name, name)) throw otherToken(path, known.name, name);
  return { kind: 'inactive', reason };
}

/** @throws CliError `other-token` */
function requireSameToken(path: string, token: Token, { name, serviceAccount }: WantedToken): void {
  if (!isSameName(token.name, name)) throw otherToken(path, token.name, name);
  if (serviceAccount === undefined || token.owner === serviceAccountIdentity(serviceAccount)) return;
  throw otherOwner(path, token.owner, serviceAccount);
}

function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other);
}

function otherToken(path: string, found: string, name: string) {
  return localError(
    'other-token',
    `${path} holds the value of the token "${sanitize(found)}", not of "${sanitize(name)}". Give another file, or remove this one to replace it.`,
  );
}

function otherOwner(path: string, found: string, serviceAccount: string) {
  return localError(
    'other-token',
    `${path} holds the value of a token of ${sanitize(found)}, not of the service account ${sanitize(serviceAccount)}. Give another file, or remove this one to replace it.`,
  );
}

function unknownValue(path: string, server: Server) {
  return localError(
    'other-token',
    `${server.url} does not know the value in ${path}, which may belong to another server. Give the right --server, or remove the file to replace it.`,
  );
}
