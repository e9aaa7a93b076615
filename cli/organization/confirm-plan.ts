import type { Api } from '../api/client.ts';
import type { Context } from '../context.ts';
import { confirmFirst, roleGiven } from '../session/confirm-first.ts';
import { type Step, shownName } from './plan/step.ts';
import { members } from './sections/members.ts';

/**
 * If a step of the plan gives a role, asks the member to confirm who they are before the first change. Management keys give no
 * roles, as the check of the rights has ensured.
 * @throws CliError like `confirmFirst`
 */
export async function confirmPlan(ctx: Context, api: Api, steps: readonly Step[]): Promise<void> {
  const step = steps.find((one) => newRole(one) !== null);
  if (step !== undefined) await confirmFirst(ctx, api, `the plan makes ${shownName(step)} ${newRole(step)}`);
}

/** Returns the role that a step gives to a member, or null. */
function newRole({ section, present, wanted }: Step): string | null {
  if (section !== members) return null;
  const gives = (role: 'superuser' | 'auditor') => wanted[role] === true && present?.fields[role] !== true;
  return roleGiven({ superuser: gives('superuser'), auditor: gives('auditor') });
}
