import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { sessionShape, userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerWhoami(program: Command, ctx: Context): void {
  program
    .command('whoami')
    .summary('Show who is signed in')
    .description('Show who is signed in, to which server, and when the session ends.')
    .addHelpText('after', '\nExample:\n  $ tokens whoami --json')
    .action((_options, command: Command) => runWhoami(ctx, command.optsWithGlobals()));
}

async function runWhoami(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api, server } = await connect(ctx, options);
  const me = await expectBody(api.me.$get(), userShape);
  const session = await expectBody(api.sessions.current.$get(), sessionShape);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, { ...me, session });
  }
  const { printFields } = await import('../../ui/fields.ts');
  await printFields(ctx.stdout, [
    ['Email', me.email],
    ['Name', me.name],
    ['Server', server.url],
    ['Superuser', me.superuser ? 'yes' : 'no'],
    ['Can create tokens', me.can_manage_tokens ? 'yes' : 'no'],
    ['Tokens', String(me.token_count)],
    ['Session ends', `${session.expires_at}, or ${session.idle_expires_at} if unused until then`],
  ]);
}
