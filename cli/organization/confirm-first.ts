import type { Api } from '../api/client.ts';
import { expectBody } from '../api/responses.ts';
import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { confirm } from '../session/confirm-it-is-you.ts';
import { sessionShape } from '../session/session-shape.ts';
import { type Step, shownName } from './plan/step.ts';
import { members } from './sections/members.ts';

/** A confirmation that ends sooner might end before the last change. */
const minRemainingMs = 5 * 60 * 1000;

/**
 * Confirms before the first change that it is really the member, if a step of the plan needs that: a plan must not stop half-way for it. Asks
 * nothing if the session confirmed it already. The rights were checked: management keys give no roles.
 * @throws CliError `confirmation-required` without a terminal or a password, `wrong-password`, `throttled`
 */
export async function confirmFirst(ctx: Context, api: Api, steps: readonly Step[]): Promise<void> {
  const step = steps.find((one) => newRole(one) !== null);
  if (step === undefined) return;
  const response = await api.sessions.current.$get();
  const { confirmed_until: until } = await expectBody(Promise.resolve(response), sessionShape);
  // A server of an earlier release asks for no confirmation.
  if (until === undefined) return;
  const here = ctx.now().getTime();
  const now = Date.parse(response.headers.get('date') ?? '') || here;
  if (until !== null && Date.parse(until) - now >= minRemainingMs) return;
  const why = `the plan makes ${shownName(step)} ${newRole(step)}`;
  await confirm(
    ctx,
    api,
    localError('confirmation-required', `Confirm it is you, because ${why}. Nothing was changed.`),
  );
}

/** Returns the role that a step gives to a member, or null. The server needs a confirmation for each. */
function newRole({ section, present, wanted }: Step): string | null {
  if (section !== members) return null;
  if (wanted.superuser === true && present?.fields.superuser !== true) return 'an Organization Superuser';
  return wanted.auditor === true && present?.fields.auditor !== true ? 'an auditor' : null;
}
