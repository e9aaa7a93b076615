import type { Command } from 'commander';
import type { RequestTest } from '../../../shared/schemas/tokens/request-tests.ts';
import { conditionsOf, namesOfUnchecked } from '../../../shared/tokens/unchecked-words.ts';
import type { Api } from '../../api/client.ts';
import { findToken } from '../../api/find/find-token.ts';
import { expectBody } from '../../api/responses.ts';
import { requestTestShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { type CliError, hasCode, localError } from '../../errors.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';
import { deniedByRules, isForbidReason, noteObserved, requestOf } from './check/check-request.ts';

export interface TestOptions extends GlobalOptions, OwnerOptions {
  method: string;
  path: string;
  ip?: string;
  app?: string;
}

export function defineTest(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Test whether verification would allow a request with a token, without its value. Print the verdict and the rule that decides. The server records nothing. Without --app or --ip, the verdict is conditional if it depends on them.',
    )
    .requiredOption('--method <method>', 'Method of the request')
    .requiredOption('--path <path>', 'Path of the request, as the client sends it')
    .option('--ip <address>', "Client's IP address")
    .option('--app <name>', 'App that the request is for');
  addOwnerOptions(command, 'the token')
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens test ci-pipeline --app grafana --method DELETE --path /api/dashboards/1',
    )
    .action((name: string, _options, command: Command) => runTest(ctx, name, command.optsWithGlobals()));
}

async function runTest(ctx: Context, name: string, options: TestOptions): Promise<void> {
  const { method, path } = options;
  const { api } = await connect(ctx, options);
  const token = await findToken(api, name, options);
  const json = { ...requestOf(options), method, path };
  const tested = await expectBody(api.tokens[':id'].test.$post({ param: { id: token.id }, json }), requestTestShape);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    await printJson(ctx.stdout, tested);
  } else {
    const { printFields } = await import('../../ui/fields.ts');
    await printFields(ctx.stdout, fieldsOf(tested));
  }
  const { deny_reason: reason, would_deny: wouldDeny } = tested;
  if (reason !== null) throw await failureOf(reason, api, options);
  if (wouldDeny !== null) await noteObserved(ctx, options, wouldDeny);
}

function fieldsOf({ verdict, deny_reason: reason, would_deny: wouldDeny, rule, not_checked: notChecked }: RequestTest) {
  const fields: Array<readonly [string, string]> = [['Verdict', verdict]];
  if (verdict === 'conditional') fields.push(['Allowed if', conditionsOf(notChecked)]);
  if (reason !== null) fields.push(['Reason', reason]);
  // Rules that are only observed decide nothing.
  if (wouldDeny !== null) fields.push(['Would be denied', wouldDeny]);
  if (rule !== null) fields.push([wouldDeny === null ? 'Rule' : 'Denying rule', rule]);
  if (notChecked.length > 0) fields.push(['Not checked', namesOfUnchecked(notChecked)]);
  return fields;
}

async function failureOf(reason: string, api: Api, { app }: TestOptions): Promise<CliError> {
  if (!isForbidReason(reason)) return localError('token-inactive', `The token does not work: ${reason}.`);
  return deniedByRules(reason, reason === 'app' && app !== undefined ? await whyNotFor(app, api) : undefined);
}

/**
 * Returns the error that there is no such app, with close names. Returns undefined if the app exists, or if the caller cannot
 * find out.
 */
async function whyNotFor(app: string, api: Api): Promise<string | undefined> {
  const { findApp } = await import('../../api/find/find-app.ts');
  return findApp(api, app).then(
    () => undefined,
    (error: unknown) => (hasCode(error, 'app-not-found') ? error.message.replace('There', 'there') : undefined),
  );
}
