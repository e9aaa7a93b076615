import type { Command } from 'commander';
import { matchName } from '../api/match-name.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { readKept } from '../credentials/kept.ts';
import { keychainHint } from '../credentials/keychain.ts';
import { tokenAccount } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import { findEntry, resolveServer } from '../session/connect.ts';
import type { Server } from '../session/server-url.ts';
import { plain } from '../ui/plain.ts';

export function registerGet(program: Command, ctx: Context, run = runGet): void {
  program
    .command('get')
    .argument('<name>', 'Name or prefix of the token')
    .summary('Print a value that `create --store` kept')
    .description('Print the value of a token that `tokens create --store` kept in the OS keychain. Asks no server.')
    .addHelpText(
      'after',
      '\nExample:\n  $ curl -H "Authorization: Token $(tokens get ci-pipeline)" https://api.example.com/builds',
    )
    .action((name: string, _options, command: Command) => run(ctx, name, command.optsWithGlobals()));
}

async function runGet(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const server = await resolveServer(ctx, options);
  const kept = await findKept(ctx, server, name);
  const keychain = await ctx.keychain();
  if (!keychain) throw localError('no-keychain', `There is no OS keychain here. ${keychainHint}`);
  const value = await keychain.get(tokenAccount(server, kept.owner, kept.name));
  if (value === null) throw notKept(name);
  if (!options.json) return ctx.stdout.write(`${value}\n`);
  const { printJson } = await import('../ui/json.ts');
  await printJson(ctx.stdout, { name: kept.name, prefix: kept.prefix, owner: kept.owner, token: value });
}

async function findKept(ctx: Context, server: Server, name: string) {
  const here = (await readKept(configDirectory(ctx))).filter(({ host }) => host === server.host);
  const entry = await findEntry(ctx, server);
  const mine = here.filter(({ owner }) => owner === entry?.email);
  try {
    return matchName(name, mine.length > 0 ? mine : here);
  } catch (error) {
    throw hasCode(error, 'token-not-found') ? notKept(name) : error;
  }
}

function notKept(name: string) {
  return localError(
    'value-not-kept',
    `No value of "${plain(name)}" is kept here (or the keychain is locked). Only \`tokens create NAME --store\` keeps one.`,
  );
}
