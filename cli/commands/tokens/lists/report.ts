import type { Command } from 'commander';
import { expectBody } from '../../../api/responses.ts';
import { tokenReportShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { hasCode, localError } from '../../../errors.ts';
import { connect } from '../../../session/connect.ts';

export function defineReport(command: Command, ctx: Context): void {
  command
    .description(
      'Count the active tokens of all owners, and the tokens that need attention: those that never expire, have not been used or rotated for a long time, expire soon, or belong to disabled owners. Expired and paused tokens are among these. Also count the service accounts without an enabled maintainer. Print the command that lists the tokens of each count.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens report')
    .action((_options, command: Command) => runReport(ctx, command.optsWithGlobals()));
}

async function runReport(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const report = await expectBody(api.reports.tokens.$get(), tokenReportShape).catch((error: unknown) => {
    throw hasCode(error, 'not-found') ? tooOld(error) : error;
  });
  if (options.json) {
    const { printJson } = await import('../../../ui/json.ts');
    return printJson(ctx.stdout, report);
  }
  const { printReport } = await import('../../../ui/report/print-report.ts');
  await printReport(ctx, options, report);
}

function tooOld(cause: unknown) {
  return localError('not-found', 'This server is too old to report on tokens. Ask its operator to upgrade it.', cause);
}
