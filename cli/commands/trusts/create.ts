import type { Command } from 'commander';
import type { CreateTrustBody } from '../../../shared/schemas/trusts.ts';
import { expectBody } from '../../api/responses.ts';
import { trustShape } from '../../api/trust-shapes.ts';
import type { Context } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { addTrustOptions, type TrustOptions, trustBody, warnAboutBranches } from './trust-options.ts';

export interface TrustsCreateOptions extends TrustOptions {
  serviceAccount: string;
}

export function registerTrustsCreate(trusts: Command, ctx: Context): void {
  const command = trusts
    .command('create')
    .argument('<name>', 'Name of the new trust: lowercase letters, digits and hyphens')
    .summary('Let jobs exchange identity tokens')
    .description(
      'Create a trust: identity tokens of an issuer with this audience and these claims may be exchanged for short-lived tokens of a service account. A claim must match exactly; a final * after / or : matches any rest. Without --audience, the audience is the public URL of the server. Without --ttl, a token is valid for 15 minutes.',
    )
    .requiredOption('-s, --service-account <name>', 'Service account that owns the tokens');
  addTrustOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens trusts create deploy-api -s ci --github acme/api --environment production\n  $ tokens trusts create nightly -s ci --gitlab acme/api --ref main --app builds\n  $ tokens trusts create cron -s ci --kubernetes https://cluster.example.com --namespace builds --kubernetes-service-account deployer',
    )
    .action((name: string, _options, command: Command) => runTrustsCreate(ctx, name, command.optsWithGlobals()));
}

async function runTrustsCreate(ctx: Context, name: string, options: TrustsCreateOptions): Promise<void> {
  const json = bodyOf(name, options);
  const { api } = await connect(ctx, options);
  const trust = await expectBody(api.trusts.$post({ json }), trustShape);
  const exchange = `Its jobs get a token with: tokens exchange --trust ${sanitize(trust.name)}`;
  await printOutcome(ctx, options, trust, `Created the trust ${sanitize(trust.name)}. ${exchange}`);
  await warnAboutBranches(ctx, options);
}

/** @throws CliError `usage`. */
function bodyOf(name: string, options: TrustsCreateOptions): CreateTrustBody {
  const { issuer, claims = {}, ...body } = trustBody(options);
  if (issuer === undefined)
    throw localError('usage', 'Name the issuer with --github, --gitlab, --kubernetes or --issuer.');
  return { ...body, name, service_account: options.serviceAccount, issuer, claims };
}
