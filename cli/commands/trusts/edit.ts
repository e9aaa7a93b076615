import { type Command, Option } from 'commander';
import { findTrust } from '../../api/find/find-trust.ts';
import { expectBody } from '../../api/responses.ts';
import { trustShape } from '../../api/trust-shapes.ts';
import type { Context } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { addTrustOptions, type TrustOptions, trustBody, warnAboutBranches } from './trust-options.ts';

export function registerTrustsEdit(trusts: Command, ctx: Context): void {
  const command = trusts
    .command('edit')
    .argument('<trust>', 'Name or ID of the trust')
    .summary('Change a trust')
    .description(
      'Change a trust. Claims, apps and allowed requests replace the present ones. Tokens that were exchanged before stay as they are, unless the trust gets another service account: then they are revoked.',
    )
    .option('-s, --service-account <name>', 'Service account that owns the tokens from now on');
  addTrustOptions(command)
    .option('--no-audience', 'Accept the public URL of the server as the audience again')
    .addOption(new Option('--any-app', 'Let the tokens work for every app').conflicts('app'))
    .option('--no-read-only', 'Allow methods that change something')
    .addOption(new Option('--allow-all', 'Allow every method and path').conflicts('allow'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens trusts edit deploy-api --github acme/api --environment production\n  $ tokens trusts edit deploy-api --app builds --read-only --ttl 5m\n  $ tokens trusts edit deploy-api --any-app --no-read-only',
    )
    .action((name: string, _options, command: Command) => runTrustsEdit(ctx, name, command.optsWithGlobals()));
}

async function runTrustsEdit(ctx: Context, name: string, options: TrustOptions): Promise<void> {
  const json = trustBody(options);
  if (Object.keys(json).length === 0) {
    throw localError('usage', 'There is nothing to change. Give --github, --claim, --ttl or another option.');
  }
  const { api } = await connect(ctx, options);
  const before = await findTrust(api, name);
  const trust = await expectBody(api.trusts[':id'].$patch({ param: { id: before.id }, json }), trustShape);
  const moved = trust.service_account !== before.service_account;
  const revoked = moved ? ` The tokens of ${sanitize(before.service_account)} under it were revoked.` : '';
  await printOutcome(ctx, options, trust, `Changed the trust ${sanitize(trust.name)}.${revoked}`);
  await warnAboutBranches(ctx, options);
}
