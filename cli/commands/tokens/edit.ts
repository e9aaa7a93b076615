import type { Command } from 'commander';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Scope } from '../../../shared/scopes.ts';
import { findToken } from '../../api/find/find-token.ts';
import { expectBody } from '../../api/responses.ts';
import { tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { renameStoredValue } from '../../credentials/stored-values.ts';
import { CliError, hasCode, localError } from '../../errors.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../input/owner-options.ts';
import { parseExpiry } from '../../input/parse-time.ts';
import { repeated } from '../../input/repeated.ts';
import {
  addRuleOptions,
  addRuleRemovalOptions,
  type RuleOptions,
  type RuleRemovalOptions,
  ruleFieldsOf,
} from '../../input/rule-options.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { timesFor } from '../../ui/times.ts';

export interface EditOptions
  extends GlobalOptions,
    RuleOptions,
    RuleRemovalOptions,
    Pick<OwnerOptions, 'serviceAccount'> {
  name?: string;
  description?: string;
  expires?: string;
  selfRotate?: boolean;
  quietNetworks?: boolean;
  manage?: string[];
}

export function defineEdit(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      "Change a token's name, description, expiry or rules. Rules say what the token may do, and apply from the next request on. Its value stays the same. An expired token cannot be changed: create another one.",
    )
    .option('--name <new>', 'New name')
    .option('--description <text>', 'New description; an empty text removes it')
    .option('--expires <when>', 'New expiry: 30m, 12h, 90d, 1y, a date (the end of that day in UTC), a time, or never')
    .option('--self-rotate', 'Let the token rotate itself, as `tokens ensure` does without a session (needs an expiry)')
    .option('--no-self-rotate', 'Do not let the token rotate itself')
    .option('--quiet-networks', 'Send no mail about uses from new networks')
    .option('--no-quiet-networks', 'Send a mail about uses from new networks')
    .option('--manage <scope>', 'Scope of a management key, in place of its present ones (repeatable)', repeated);
  addServiceAccountOption(addRuleRemovalOptions(addRuleOptions(command)), 'Service account that owns the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens edit ci-pipeline --expires 90d\n  $ tokens edit ci-pipeline --name build --description "Builds on main"\n  $ tokens edit ci-pipeline --app registry --read-only\n  $ tokens edit ci-pipeline --any-app --allow-all',
    )
    .action((name: string, _options, command: Command) => runEdit(ctx, name, command.optsWithGlobals()));
}

async function runEdit(ctx: Context, name: string, options: EditOptions): Promise<void> {
  const json = {
    ...(options.name !== undefined && { name: options.name }),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.expires !== undefined && parseExpiry(options.expires)),
    ...(options.selfRotate !== undefined && { self_rotate: options.selfRotate }),
    ...(options.quietNetworks !== undefined && { quiet_networks: options.quietNetworks }),
    ...(options.manage !== undefined && { manage: options.manage as Scope[] }),
    ...ruleFieldsOf(options),
  };
  if (Object.keys(json).length === 0) {
    throw localError('usage', 'There is nothing to change. Give --name, --description, --expires or another option.');
  }
  const { api, server } = await connect(ctx, options);
  const before = await findToken(api, name, options);
  const request = api.tokens[':id'].$patch({ param: { id: before.id }, json });
  const token = await expectBody(request, tokenShape).catch((error: unknown) => {
    throw hasCode(error, 'name-taken') ? takenError(error) : error;
  });
  const news = [
    ...(token.name === before.name ? [] : [`is now named ${sanitize(token.name)}`]),
    ...(token.expires_at === before.expires_at ? [] : [expiryOf(ctx, token)]),
    ...(rulesOf(token) === rulesOf(before) ? [] : [newRulesOf(token)]),
    ...(scopesOf(token) === scopesOf(before) ? [] : [`has the scopes ${scopesOf(token)}`]),
  ];
  const result = news.length === 0 ? '' : `: it ${news.join(' and ')}`;
  await printOutcome(ctx, options, token, `Changed ${sanitize(before.name)} (${sanitize(token.prefix)})${result}.`);
  if (token.name !== before.name) await renameStoredValue(ctx, server, before, token);
}

function takenError(error: CliError): CliError {
  const { errors: _, ...problem } = error.problem;
  return new CliError({ ...problem, detail: `${problem.detail} Choose another name.` }, { cause: error });
}

function expiryOf(ctx: Context, { expires_at: at }: Token): string {
  return at === null ? 'never expires' : `expires ${timesFor(ctx.stderr, ctx).expiryInWords(at)}`;
}

/** The scopes of a management key. A server of the release before sends none. */
function scopesOf({ manage = [] }: Token): string {
  return manage.map(sanitize).join(', ');
}

/** Returns a text that differs if the rules differ. */
function rulesOf({ apps, read_only, allow, networks, enforce }: Token): string {
  return JSON.stringify([apps, read_only, allow, networks, enforce]);
}

function newRulesOf(token: Token): string {
  if (rulesOf(token) === rulesOf({ ...token, ...noRules })) return 'has no rules any more';
  return token.enforce ? 'has new rules' : 'has new rules, which are not applied';
}

const noRules = { apps: null, read_only: false, allow: null, networks: null, enforce: true };
