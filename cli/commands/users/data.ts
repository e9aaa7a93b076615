import type { Command } from 'commander';
import type { Api } from '../../api/client.ts';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody, textOf } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerUsersData(users: Command, ctx: Context): void {
  users
    .command('data')
    .argument('<email>', 'Email address of the member')
    .summary('Print all that is stored about a member, as JSON')
    .description(
      'Print all that the server stores about a member, as JSON: the account, sessions, tokens and their usage, mails and audit events. Secrets are left out. Members can read their own data. Organization Superusers can read that of everyone. Reading what is stored about somebody else is recorded in the audit log.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens users data ada@example.com > ada.json')
    .action((email: string, _options, command: Command) => runUsersData(ctx, email, command.optsWithGlobals()));
}

async function runUsersData(ctx: Context, email: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const id = await idOf(api, email);
  const text = await textOf(api.users[':id'].data.$get({ param: { id } }));
  const { escapeControls } = await import('../../ui/json.ts');
  for await (const chunk of text) await ctx.stdout.write(escapeControls(chunk));
}

/** Returns the ID of a member. A member who may look up nobody else can look up themselves. */
async function idOf(api: Api, email: string): Promise<string> {
  const me = await expectBody(api.me.$get(), userShape);
  return me.email.toLowerCase() === email.toLowerCase() ? me.id : (await findUser(api, email)).id;
}
