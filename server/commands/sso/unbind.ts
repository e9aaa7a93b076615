import { count } from '../../../shared/count.ts';
import type { Context } from '../../context.ts';
import { withServices } from '../users/with-services.ts';
import { type ConfirmOptions, confirmOrStop } from './confirm.ts';
import { countMembers } from './issuers.ts';

export interface UnbindIssuerOptions extends ConfirmOptions {
  from: string;
}

/** Removes the identities of all members at one issuer. @throws CommandError 3 if nobody is there */
export async function runUnbindIssuer(context: Context, options: UnbindIssuerOptions): Promise<void> {
  const { from } = options;
  await withServices(context, async ({ store, unbinding }) => {
    const members = await countMembers(store, from);
    const question = `Unbind ${count(members, 'member')} from ${from} and end their sessions? Whoever signs in with the email address of one of them next gets the account.`;
    await confirmOrStop(context, options, question);
    const removed = await unbinding.unbindIssuer(from);
    context.stderr.write(
      `Unbound ${count(removed, 'member')}. The next single sign-on with a member's email address connects the account again, if the address counts (TOKENSD_OIDC_EMAIL_VERIFIED). Members whose password signs them in connect it on their profile instead.\n`,
    );
  });
}
