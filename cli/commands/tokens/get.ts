import type { Command } from 'commander';
import { matchName } from '../../api/find/match-name.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { noKeychain } from '../../credentials/keychain.ts';
import { tokenAccount } from '../../credentials/store.ts';
import { readStoredValues } from '../../credentials/stored-values.ts';
import { hasCode, localError } from '../../errors.ts';
import { configDirectory } from '../../session/config-file.ts';
import { findEntry, resolveServer } from '../../session/connect.ts';
import type { Server } from '../../session/server-url.ts';
import { sanitize } from '../../ui/sanitize.ts';

export function registerGet(program: Command, ctx: Context): void {
  program
    .command('get')
    .argument('<name>', 'Name or prefix of the token')
    .summary('Print a stored token value')
    .description('Print a token value that `tokens create --store` put into the OS keychain. Needs no server.')
    .addHelpText(
      'after',
      '\nExample:\n  $ curl -H "Authorization: Token $(tokens get ci-pipeline)" https://api.example.com/builds',
    )
    .action((name: string, _options, command: Command) => runGet(ctx, name, command.optsWithGlobals()));
}

async function runGet(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const server = await resolveServer(ctx, options);
  const stored = await findStoredValue(ctx, server, name);
  const keychain = await ctx.keychain();
  if (!keychain) throw noKeychain();
  const value = await keychain.get(tokenAccount(server, stored.owner, stored.name));
  if (value === null) throw notStored(name);
  if (!options.json) return ctx.stdout.write(`${value}\n`);
  const { printJson } = await import('../../ui/json.ts');
  await printJson(ctx.stdout, { name: stored.name, prefix: stored.prefix, owner: stored.owner, token: value });
}

/** Prefers your own tokens over those of other members who used this machine. */
async function findStoredValue(ctx: Context, server: Server, name: string) {
  const onServer = (await readStoredValues(configDirectory(ctx))).filter(({ host }) => host === server.host);
  const entry = await findEntry(ctx, server);
  const own = onServer.filter(({ owner }) => owner === entry?.email);
  try {
    return matchName(name, own.length > 0 ? own : onServer);
  } catch (error) {
    throw hasCode(error, 'token-not-found') ? notStored(name) : error;
  }
}

function notStored(name: string) {
  return localError(
    'value-not-kept',
    `No value of "${sanitize(name)}" is stored here, or the keychain is locked. Only \`tokens create NAME --store\` stores one.`,
  );
}
