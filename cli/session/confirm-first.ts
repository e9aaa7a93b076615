import type { Api } from '../api/client.ts';
import { expectBody } from '../api/responses.ts';
import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { confirm } from './confirm-it-is-you.ts';
import { sessionShape } from './session-shape.ts';

/** A confirmation that ends sooner might end before the last change. */
const minRemainingMs = 5 * 60 * 1000;

/**
 * Asks the member to confirm who they are before the first of several changes, so that the run does not stop half-way. Asks
 * nothing if the session is confirmed already. `why` is the clause after "because".
 * @throws CliError `confirmation-required` without a terminal or a password, `wrong-password`, `throttled`
 */
export async function confirmFirst(ctx: Context, api: Api, why: string): Promise<void> {
  const response = await api.sessions.current.$get();
  const { confirmed_until: until } = await expectBody(Promise.resolve(response), sessionShape);
  // A server of an earlier release asks for no confirmation.
  if (until === undefined) return;
  const here = ctx.now().getTime();
  const now = Date.parse(response.headers.get('date') ?? '') || here;
  if (until !== null && Date.parse(until) - now >= minRemainingMs) return;
  await confirm(
    ctx,
    api,
    localError('confirmation-required', `Confirm it is you, because ${why}. Nothing was changed.`),
  );
}

/** Returns the words for the role that a change gives to a member, or null. The server needs a confirmation for each. */
export function roleGiven({
  superuser,
  auditor,
}: {
  superuser?: boolean | undefined;
  auditor?: boolean | undefined;
}): string | null {
  if (superuser) return 'an Organization Superuser';
  return auditor ? 'an auditor' : null;
}
