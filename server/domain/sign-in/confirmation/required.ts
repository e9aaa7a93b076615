import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { SessionRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Caller, isKey, type Operator } from '../../caller.ts';
import { sessionEnded } from '../problems.ts';

/**
 * The actions that need a confirmation, so that a stolen session is not enough. Each text ends the sentence “Confirm it is you to …”. The tables of routes (`confirmedRoutes`) and forms
 * (`confirmedForms`) name the actions, and `test/every-confirmed-action.test.ts` tries each at the API, in the console and with the command line.
 */
export const confirmedActions = {
  createKey: (key: { name: string }) => `create the management key ${key.name}`,
  widenKey: (key: { name: string }) => `widen the management key ${key.name}`,
  rotateKey: (key: { name: string }) => `rotate the management key ${key.name}`,
  promote: (member: Named) => `make ${nameOf(member)} an Organization Superuser`,
  makeAuditor: (member: Named) => `make ${nameOf(member)} an auditor`,
  copyInvitationLink: (member: Named) => `make an invitation link for ${nameOf(member)}`,
  changeEmail: (member: Named) => `change the email address of ${nameOf(member)}`,
  resetSecondFactor: (member: Named) => `reset two-factor sign-in for ${nameOf(member)}`,
  removeSecondFactor: () => 'remove the authenticator app',
  showRecoveryCodes: () => 'show recovery codes',
  addPasskey: () => 'add a passkey',
  removePasskey: () => 'remove a passkey',
} as const satisfies Record<string, (object: never) => string>;

export type ConfirmedAction = keyof typeof confirmedActions;

type Named = Pick<UserRecord, 'name' | 'email'>;

function nameOf({ name, email }: Named): string {
  return name || email;
}

/** The problem of a session whose member has not confirmed within the last hour who they are. */
export class ConfirmationRequired extends ProblemError {
  /** The action. It ends the sentence “Confirm it is you to …”. */
  readonly action: string;

  constructor(action: string) {
    super(
      'confirmation-required',
      `Confirm it is you to ${action}, because you have not done so within the last hour.`,
    );
    this.action = action;
  }
}

/** The member has just confirmed who they are with this request. The form is shown again for them to send. */
export class JustConfirmed extends ProblemError {
  constructor() {
    super('confirmation-required', 'You confirmed it is you. Check the form and send it.');
  }
}

/** Requires that the member sent the form itself, and did not only confirm who they are. @throws JustConfirmed */
export function requireSent({ confirms }: Pick<Caller, 'confirms'>): void {
  if (confirms) throw new JustConfirmed();
}

/** Clocks of nodes differ, and a confirmation may have been recorded by another node. */
const maxFutureMs = 60_000;

/**
 * Reports whether the member confirmed in this session, within the last hour, who they are. A time in the future was recorded
 * while the clock was wrong.
 */
export function isConfirmed({ confirmedAt }: Pick<SessionRecord, 'confirmedAt'>, now: number): boolean {
  if (confirmedAt === null) return false;
  return confirmedAt <= now + maxFutureMs && now < confirmedAt + limits.confirmationLifetimeMs;
}

/**
 * Requires that the operator confirmed in this session, within the last hour, who they are. Call it in the transaction of the
 * change, after the locks of superusers and members and before those of tokens: it locks the session. A management key is no
 * person and has nothing to confirm with. Its scope decides, and no scope allows a key what only superusers may do.
 *
 * @param action a text of `confirmedActions`
 * @throws ProblemError `confirmation-required`; `not-authenticated` if the session has ended
 */
export async function requireConfirmed(
  store: Pick<Store, 'sessions'>,
  operator: Operator,
  now: number,
  action: string,
): Promise<void> {
  if (isKey(operator)) return;
  const session = await store.sessions.lock(operator.sessionId);
  if (session === null) throw sessionEnded();
  requireSent(operator);
  if (!isConfirmed(session, now)) throw new ConfirmationRequired(action);
}
