import { count } from '../../../shared/count.ts';
import { issuerValue } from '../../config/settings/setting-values.ts';
import { CommandError, type Context } from '../../context.ts';
import { systemActor } from '../../domain/caller.ts';
import { createSharedClock } from '../../domain/clock.ts';
import type { Store } from '../../store/store.ts';
import { withServices } from '../users/with-services.ts';
import { type ConfirmOptions, confirmOrStop } from './confirm.ts';
import { countMembers, differOnlyBySlash, slashOf } from './issuers.ts';

export interface MoveIssuerOptions extends ConfirmOptions {
  from: string;
  to: string;
}

/** Members in both places whom a message names. */
const maxNamed = 20;

/**
 * Moves the identities of all members to another issuer, in one statement. Their subjects stay.
 *
 * @throws CommandError 2 for an invalid issuer, 3 if nobody is at `from`, 5 if a subject exists at both
 */
export async function runMoveIssuer(context: Context, options: MoveIssuerOptions): Promise<void> {
  const { from } = options;
  const valid = issuerValue.safeParse(options.to);
  if (!valid.success) throw new CommandError(`--to ${valid.error.issues[0]?.message}.`, 2);
  const to = valid.data;
  if (from === to) throw new CommandError('--from and --to are the same issuer, so there is nothing to move.', 2);
  await withServices(context, async ({ store, auditTrail, issuerInSettings }) => {
    const members = await countMembers(store, from);
    if (issuerInSettings !== null && differOnlyBySlash(issuerInSettings, to)) {
      throw new CommandError(
        `TOKENSD_OIDC_ISSUER is ${issuerInSettings}, ${slashOf(issuerInSettings)} a final slash, and --to must be exactly the same. Nothing was moved.`,
        2,
      );
    }
    const slash = differOnlyBySlash(from, to) ? ' They differ only by the final slash.' : '';
    await confirmOrStop(context, options, `Move ${count(members, 'member')} from ${from} to ${to}?${slash}`);
    const moved = await store.transaction(async (store) => {
      const moved = await store.users.moveIssuer(from, to);
      if (moved === 0) throw await inBoth(store, from, to);
      const event = {
        at: createSharedClock(store.clock).now(),
        actor: systemActor,
        clientInfo: { ip: null, userAgent: null },
      };
      await auditTrail.issuerMoved(store, { ...event, from, to });
      return moved;
    });
    const next =
      issuerInSettings === to
        ? ''
        : ` They can sign in once TOKENSD_OIDC_ISSUER is ${to} and the daemon was restarted.`;
    context.stderr.write(`Moved ${count(moved, 'member')} to ${to}.${next}\n`);
  });
}

async function inBoth({ users }: Store, from: string, to: string): Promise<CommandError> {
  const limit = 10_000;
  const old = await users.membersInBoth(from, to, limit);
  if (old.length === 0) return new CommandError(`The members at ${from} changed just now. Run the command again.`, 1);
  const others = await users.membersInBoth(to, from, limit);
  return new CommandError(
    `Nothing was moved, because ${count(old.length, 'subject')} of ${from} ${old.length === 1 ? 'exists' : 'exist'} at ${to} too.\n` +
      `  At ${from}: ${named(old)}\n  At ${to}: ${named(others)}\n` +
      'Unbind one of the two accounts of each person with `tokens users unbind`, and run the command again.',
    5,
  );
}

function named(users: ReadonlyArray<{ email: string }>): string {
  const names = users.slice(0, maxNamed).map(({ email }) => email);
  const more = users.length - names.length;
  return names.join(', ') + (more > 0 ? `, and ${more} more` : '');
}
