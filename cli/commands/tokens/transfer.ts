import type { Command } from 'commander';
import { findToken } from '../../api/find/find-token.ts';
import { expectBody } from '../../api/responses.ts';
import { tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { renameStoredValue } from '../../credentials/stored-values.ts';
import { CliError, hasCode } from '../../errors.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface TransferOptions extends GlobalOptions, OwnerOptions {
  to: string;
  as?: string;
}

export function defineTransfer(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Give a token to a service account. Its value keeps working, and stands for the service account from the next request on. You must maintain the service account; superusers transfer the tokens of everyone. The former owner knows the value, so rotate the token afterwards. It no longer rotates itself.',
    )
    .requiredOption('--to <service-account>', 'Service account that receives the token')
    .option('--as <new>', 'New name, if the service account already has a token of this name');
  addOwnerOptions(command, 'the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens transfer deploy --to ci\n  $ tokens transfer deploy --to ci --as deploy-web --user ada@example.com',
    )
    .action((name: string, _options, command: Command) => runTransfer(ctx, name, command.optsWithGlobals()));
}

async function runTransfer(ctx: Context, name: string, options: TransferOptions): Promise<void> {
  const { api, server } = await connect(ctx, options);
  const before = await findToken(api, name, options);
  const json = { to: options.to, ...(options.as !== undefined && { name: options.as }) };
  const response = api.tokens[':id'].transfer.$post({ param: { id: before.id }, json });
  const token = await expectBody(response, tokenShape).catch((error: unknown) => {
    throw hasCode(error, 'name-taken') ? withAdvice(error) : error;
  });
  const newName = token.name === before.name ? '' : ` as ${sanitize(token.name)}`;
  const what = `${sanitize(before.name)} (${sanitize(token.prefix)})`;
  await printOutcome(
    ctx,
    options,
    token,
    `Transferred ${what} to the service account ${sanitize(options.to)}${newName}.`,
  );
  await renameStoredValue(ctx, server, before, token);
}

/** Adds the option that chooses another name to the errors of the fields, because the program prints these. */
function withAdvice({ problem }: CliError): CliError {
  const detail = `${problem.detail} Choose another one with --as.`;
  const errors = problem.errors?.map((error) => ({ ...error, detail }));
  return new CliError({ ...problem, detail, ...(errors && { errors }) });
}
