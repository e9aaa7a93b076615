import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { displayPrefix, isWellFormedToken } from '../../../shared/token-format.ts';
import { readDenyReason } from '../../api/deny-reason.ts';
import { notTokensd, problemOf, readResponse } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { confirmOrCancel, promptsIfInteractive, requireConfirmable } from '../../input/ask.ts';
import { explainMalformed } from '../../input/explain-malformed.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { openApi } from '../../session/connect.ts';
import { resolveServer } from '../../session/find-server.ts';
import type { Server } from '../../session/server-url.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { attemptAll } from '../attempt-all.ts';

export interface RevokeValuesOptions extends GlobalOptions {
  ifExists?: boolean;
  yes?: boolean;
}

/**
 * Revokes the tokens whose values are on standard input, one per line. Needs no session, because a token may revoke
 * itself. Rejects the whole input if a line is malformed, before it revokes anything.
 */
export async function revokeValues(ctx: Context, options: RevokeValuesOptions): Promise<void> {
  const prompts = await promptsIfInteractive(ctx);
  if (!prompts) requireConfirmable(ctx, options.yes);
  const text = prompts ? await prompts.secret('Token') : await readSecret(ctx);
  const lines = text.split(/\r?\n/);
  const values = new Set(lines.filter((line) => line !== ''));
  for (const value of values) {
    if (isWellFormedToken(value)) continue;
    const where = values.size === 1 ? 'The value' : `Line ${lines.indexOf(value) + 1} of standard input`;
    throw localError('usage', `${where} is not a token (${explainMalformed(value)}). Nothing was revoked.`);
  }
  const prefixes = [...values].map(displayPrefix);
  await confirmOrCancel(ctx, options.yes, `Permanently revoke ${prefixes.join(', ')}?`);
  const server = await resolveServer(ctx, options);
  await attemptAll([...values], (value) => revokeValue(ctx, server, value, options));
}

async function revokeValue(ctx: Context, server: Server, value: string, options: RevokeValuesOptions): Promise<void> {
  const prefix = displayPrefix(value);
  const api = await openApi(ctx, options, server, `Token ${value}`);
  const read = await readResponse(api.token.$get({ query: {} }));
  const response = read.status === 200 ? await readResponse(api.token.$delete()) : read;
  if (response.status === 204) return printOutcome(ctx, options, read.body as Token, `Revoked ${prefix}.`);
  if (response.status !== 401) throw response.status < 400 ? notTokensd() : problemOf(response);
  const reason = readDenyReason(response);
  if (reason === 'revoked' || reason === 'unknown') {
    if (options.ifExists) return;
    const why = reason === 'revoked' ? 'has already been revoked' : 'is not a token of this server';
    throw localError('token-not-found', `${prefix} ${why}.`);
  }
  const remedy = `Revoke it by its prefix: \`tokens revoke ${prefix}\`.`;
  throw localError('token-inactive', `${prefix} cannot revoke itself, because it is not active (${reason}). ${remedy}`);
}
