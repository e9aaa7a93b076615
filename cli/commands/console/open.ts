import type { Command } from 'commander';
import { findToken } from '../../api/find/find-token.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';
import { resolveServer } from '../../session/find-server.ts';
import { note } from '../../ui/notes.ts';

export interface OpenOptions extends GlobalOptions, OwnerOptions {}

export function defineOpen(command: Command, ctx: Context): void {
  command
    .argument('[name]', 'Name, prefix or ID of a token')
    .description(
      'Open the page of a token in your browser, or the list of your tokens. Without a browser, print the address of the page.',
    );
  addOwnerOptions(command, 'the token')
    .addHelpText('after', '\nExamples:\n  $ tokens open\n  $ tokens open ci-pipeline')
    .action((name: string | undefined, _options, command: Command) => runOpen(ctx, name, command.optsWithGlobals()));
}

async function runOpen(ctx: Context, name: string | undefined, options: OpenOptions): Promise<void> {
  const url = await addressOf(ctx, name, options);
  const opened = (await ctx.openBrowser?.(url).catch(() => false)) ?? false;
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, { url, opened });
  }
  if (opened) return note(ctx, options, `Opened ${url}.`);
  await ctx.stdout.write(`${url}\n`);
}

async function addressOf(ctx: Context, name: string | undefined, options: OpenOptions): Promise<string> {
  const list = '/profile/api-tokens';
  if (name === undefined) return (await resolveServer(ctx, options)).url + list;
  const { api, server } = await connect(ctx, options);
  const { id } = await findToken(api, name, options);
  return `${server.url}${list}/${encodeURIComponent(id)}`;
}
