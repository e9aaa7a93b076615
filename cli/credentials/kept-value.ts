import { serviceAccountIdentity } from '../../shared/names.ts';
import { didYouMean } from '../api/find/close-names.ts';
import { matchName } from '../api/find/match-name.ts';
import type { Context } from '../context.ts';
import { hasCode, localError } from '../errors.ts';
import type { OwnerOptions } from '../input/owner-options.ts';
import { configDirectory } from '../session/config-file.ts';
import { findEntry } from '../session/find-server.ts';
import type { Server } from '../session/server-url.ts';
import { commandLine } from '../ui/command-line.ts';
import { sanitize } from '../ui/sanitize.ts';
import { noKeychain } from './keychain.ts';
import { tokenAccount } from './store.ts';
import { readStoredValues, type StoredValue } from './stored-values.ts';

/**
 * Returns the value that `--store` put into the keychain, and the token's description. Asks no server.
 * @throws CliError `value-not-kept`, or `ambiguous-name`.
 */
export async function findKeptValue(
  ctx: Context,
  server: Server,
  name: string,
  options: Pick<OwnerOptions, 'serviceAccount'> = {},
): Promise<StoredValue & { token: string }> {
  const stored = await findStoredValue(ctx, server, name, options);
  const keychain = await ctx.keychain();
  if (!keychain) throw noKeychain();
  const token = await keychain.get(tokenAccount(server, stored.owner, stored.name));
  if (token === null) throw notStored(name);
  return { ...stored, token };
}

/** Prefers your own tokens over those of other members who used this machine. */
async function findStoredValue(
  ctx: Context,
  server: Server,
  name: string,
  { serviceAccount }: Pick<OwnerOptions, 'serviceAccount'>,
): Promise<StoredValue> {
  const onServer = (await readStoredValues(configDirectory(ctx))).filter(({ host }) => host === server.host);
  const entry = await findEntry(ctx, server);
  const wanted = serviceAccount === undefined ? entry?.email : serviceAccountIdentity(serviceAccount);
  const own = onServer.filter(({ owner }) => owner === wanted);
  const candidates = own.length > 0 || serviceAccount !== undefined ? own : onServer;
  try {
    return matchName(name, candidates);
  } catch (error) {
    throw hasCode(error, 'token-not-found') ? notStored(name, candidates) : error;
  }
}

function notStored(name: string, candidates: readonly StoredValue[] = []) {
  const guess = didYouMean(
    name,
    candidates.map((stored) => stored.name),
  );
  return localError(
    'value-not-kept',
    `No value of "${sanitize(name)}" is stored here, or the keychain is locked.${guess} To store one, run \`${commandLine('create', name, '--store')}\`, or \`${commandLine('rotate', name, '--store')}\` if the token exists.`,
  );
}
