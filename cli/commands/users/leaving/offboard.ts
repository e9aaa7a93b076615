import type { Command } from 'commander';
import { count } from '../../../../shared/count.ts';
import { limits } from '../../../../shared/limits.ts';
import type { OffboardedUser, OffboardUserBody } from '../../../../shared/schemas/accounts/offboarding.ts';
import type { User } from '../../../../shared/schemas/accounts/users.ts';
import type { Api } from '../../../api/client.ts';
import { onlyMaintainedBy } from '../../../api/find/find-orphans.ts';
import { findUser } from '../../../api/find/find-user.ts';
import { expectBody } from '../../../api/responses.ts';
import { offboardedShape, userShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { hasCode, localError } from '../../../errors.ts';
import { confirmOrCancel, requireConfirmable } from '../../../input/ask.ts';
import { parseSeconds } from '../../../input/parse-time.ts';
import { connect } from '../../../session/connect.ts';
import { warn } from '../../../ui/notes.ts';
import { printOutcome } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { announceOrphans, warnOfOrphans } from './warn-of-orphans.ts';

export interface OffboardOptions extends GlobalOptions {
  transferTo?: string;
  grace?: string;
  yes?: boolean;
}

export function defineOffboard(command: Command, ctx: Context): void {
  command
    .argument('<email>', 'Email address of the member')
    .description(
      'Disable the account of a member who leaves, and permanently revoke all of their tokens. With --transfer-to, a service account first receives the active and paused tokens that were used in the last 30 days. The member knows their values, so each token expires at the end of the grace unless a maintainer rotates it first.',
    )
    .option('--transfer-to <service-account>', 'Service account that receives the tokens in use')
    .option('--grace <duration>', 'How long the transferred tokens work without a rotation: 12h, 7d, 2w (default: 30d)')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens offboard ada@example.com\n  $ tokens offboard ada@example.com --transfer-to ci --grace 14d',
    )
    .action((email: string, _options, command: Command) => runOffboard(ctx, email, command.optsWithGlobals()));
}

async function runOffboard(ctx: Context, email: string, options: OffboardOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const json = bodyOf(options);
  const { api } = await connect(ctx, options);
  const user = await findUser(api, email);
  if (!options.yes) {
    const question = await listAndPhrase(ctx, api, user, options);
    await announceOrphans(ctx, await onlyMaintainedBy(api, user.email, options.transferTo));
    await confirmOrCancel(ctx, false, question);
  }
  const param = { id: user.id };
  const result = await expectBody(api.users[':id'].offboard.$post({ param, json }), offboardedShape);
  const { transferred, revoked, known } = result;
  const offboarded = options.json ? await expectBody(api.users[':id'].$get({ param }), userShape) : user;
  await printOutcome(ctx, options, { ...offboarded, transferred, revoked, known }, outcomeOf(user, result, options));
  const left = leftOver(user, result);
  if (left !== null) await warn(ctx, options, left);
  await warnOfOrphans(ctx, options, api, user.email);
}

function bodyOf({ transferTo, grace }: OffboardOptions): OffboardUserBody {
  if (grace !== undefined && transferTo === undefined) {
    throw localError('usage', '--grace is for the tokens that are transferred. Give --transfer-to, too.');
  }
  return {
    ...(transferTo !== undefined && { transfer_to: transferTo }),
    ...(grace !== undefined && { grace: parseSeconds('--grace', grace) }),
  };
}

/** Lists the tokens on stderr by what happens to them. Returns the question to ask. */
async function listAndPhrase(ctx: Context, api: Api, user: User, { transferTo }: OffboardOptions): Promise<string> {
  const who = sanitize(user.email);
  const preview = await previewIfReadable(api, user, transferTo);
  if (preview === null) return questionWithoutTokens(user, transferTo);
  const { printOffboarding } = await import('../../../ui/offboarding.ts');
  await printOffboarding(ctx, preview, transferTo);
  const { transferred, revoked } = preview;
  const steps = [
    `Disable ${who}`,
    ...(transferTo === undefined ? [] : [`transfer ${count(transferred.length, 'token')} to ${sanitize(transferTo)}`]),
    ...(revoked.length === 0 ? [] : [`permanently revoke ${count(revoked.length, 'token')}`]),
  ];
  return `${joined(steps)}?`;
}

/** Joins the steps of a sentence: "a", "a and b", "a, b and c". */
function joined(steps: readonly string[]): string {
  return steps.length < 2 ? steps.join('') : `${steps.slice(0, -1).join(', ')} and ${steps.at(-1)}`;
}

/** Returns null if the tokens of the member may not be read: a management key may lack the scope `tokens:read`. */
async function previewIfReadable(api: Api, { id }: User, transferTo: string | undefined) {
  const { previewOffboarding } = await import('../../../api/offboarding-preview.ts');
  return previewOffboarding(api, id, transferTo !== undefined).catch((error: unknown) => {
    if (hasCode(error, 'scope-missing')) return null;
    throw error;
  });
}

function questionWithoutTokens({ email, token_count: tokens }: User, transferTo: string | undefined): string {
  const who = sanitize(email);
  if (tokens === 0) return `Disable ${who}?`;
  if (transferTo === undefined) return `Disable ${who} and permanently revoke ${count(tokens, 'token')}?`;
  return `Disable ${who}, transfer the tokens that were used in the last 30 days to ${sanitize(transferTo)}, and permanently revoke the others (${count(tokens, 'token')} in all)?`;
}

function outcomeOf(user: User, result: OffboardedUser, { transferTo }: OffboardOptions): string {
  const { transferred, revoked } = result;
  const who = sanitize(user.email);
  const revocation = revoked === 0 ? [] : [`revoked ${count(revoked, 'token')}`];
  if (transferTo === undefined) return `${joined([`Disabled ${who}`, ...revocation])}.`;
  const account = sanitize(transferTo);
  const next = transferred === 0 ? '' : ` ${rotationNote(account)}`;
  const transfer = `transferred ${count(transferred, 'token')} to ${account}`;
  return `${joined([`Disabled ${who}`, transfer, ...revocation])}.${next}`;
}

/** Returns a warning about the values that the member still knows, for scripts as well. Returns null if the member knows none. */
function leftOver({ email }: User, { known }: OffboardedUser): string | null {
  if (known === null) return withheldNote;
  return known.length === 0 ? null : knownNote(sanitize(email), known.length);
}

/** A superuser may not rotate the tokens of a service account that they do not maintain. */
function rotationNote(account: string): string {
  const add = `tokens service-accounts edit ${account} --add-maintainer EMAIL`;
  return `Have a maintainer of ${account} rotate what it received: tokens list --service-account ${account} (if it has no maintainer: ${add}).`;
}

const withheldNote =
  'The management key lacks the scope tokens:read, so the values that they know of other tokens are not listed.';

/** Names the command that lists all tokens whose values the member knows. The list in the result is bounded. */
function knownNote(who: string, known: number): string {
  const bound = known < limits.maxKnownTokens ? '' : 'at least ';
  return `They know the values of ${bound}${count(known, 'other token')} of service accounts. Have these rotated: tokens list --known-to ${who}`;
}
