import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { tokenShape, userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { type Connection, connect } from '../../session/connect.ts';
import { sessionShape } from '../../session/session-shape.ts';
import { timesFor } from '../../ui/times.ts';

export function defineWhoami(command: Command, ctx: Context): void {
  command
    .description(
      'Show who is signed in, to which server, and when the session ends. With a management key, show the key.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens whoami --json')
    .action((_options, command: Command) => runWhoami(ctx, command.optsWithGlobals()));
}

async function runWhoami(ctx: Context, options: GlobalOptions): Promise<void> {
  const connection = await connect(ctx, options);
  if (connection.credential === 'key') return showKey(ctx, options, connection);
  const { api, server } = connection;
  const me = await expectBody(api.me.$get(), userShape);
  const session = await expectBody(api.sessions.current.$get(), sessionShape);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, { ...me, session });
  }
  const { printFields } = await import('../../ui/fields.ts');
  const times = timesFor(ctx.stdout, ctx);
  await printFields(ctx.stdout, [
    ['Email', me.email],
    ['Name', me.name],
    ['Server', server.url],
    ['Superuser', me.superuser ? 'yes' : 'no'],
    ...(me.auditor ? ([['Auditor', 'yes']] as const) : []),
    ['Can create tokens', me.can_manage_tokens ? 'yes' : 'no'],
    ['Tokens', String(me.token_count)],
    [
      'Session ends',
      `${times.expiry(session.expires_at)}, or ${times.expiry(session.idle_expires_at)} if unused until then`,
    ],
  ]);
}

async function showKey(ctx: Context, options: GlobalOptions, { api, server }: Connection): Promise<void> {
  const key = await expectBody(api.token.$get({ query: {} }), tokenShape);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, key);
  }
  const { printFields } = await import('../../ui/fields.ts');
  await printFields(ctx.stdout, [
    ['Owner', key.owner],
    ['Management key', `${key.name} (${key.prefix})`],
    ['Scopes', key.manage?.join(', ') || 'none: this is not a management key'],
    ['Server', server.url],
    ['Expires', timesFor(ctx.stdout, ctx).expiry(key.expires_at)],
    ['Rotates itself', key.self_rotate ? 'yes' : 'no'],
  ]);
}
