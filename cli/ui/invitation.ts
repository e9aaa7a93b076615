import type { InvitedUser } from '../../shared/schemas/accounts/users.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { printJson } from './json.ts';
import { note } from './notes.ts';
import { sanitize } from './sanitize.ts';
import { timesFor } from './times.ts';

/** Prints how a member was invited. The link of an invitation that was not mailed goes to stdout, because it is data. */
export async function printInvited(
  ctx: Context,
  options: GlobalOptions,
  user: InvitedUser,
  outcome: 'Added' | 'Invited',
): Promise<void> {
  if (options.json) return printJson(ctx.stdout, user);
  const done = `${outcome} ${sanitize(user.email)}`;
  // An older daemon does not send this field.
  const { mailed = false, link = null, expires_at: expiresAt = null } = user.invitation ?? {};
  if (link === null) return note(ctx, options, `${done}${mailed ? ' and mailed an invitation' : ''}.`);
  await ctx.stdout.write(`${sanitize(link)}\n`);
  const passOn = `${done}. The server cannot send mail, so pass the link on to the member.`;
  await note(ctx, options, `${passOn} ${explainLink(ctx, expiresAt)}`);
}

/** Prints a new link of an invitation, which a superuser passes on. */
export async function printInvitationLink(ctx: Context, options: GlobalOptions, user: InvitedUser): Promise<void> {
  if (options.json) return printJson(ctx.stdout, user);
  const { link = null, expires_at: expiresAt = null } = user.invitation ?? {};
  await ctx.stdout.write(`${sanitize(link ?? '')}\n`);
  const voided = expiresAt === null ? '' : ' Earlier links no longer work.';
  await note(ctx, options, `Pass the link on to ${sanitize(user.email)}.${voided} ${explainLink(ctx, expiresAt)}`);
}

function explainLink(ctx: Context, expiresAt: string | null): string {
  return expiresAt === null
    ? 'They sign in there with single sign-on.'
    : `It works once, until ${timesFor(ctx.stderr, ctx).exact(expiresAt)}. Anyone who has it, including you, can set the member's password.`;
}
