import { ProblemError } from '../../../../shared/problem.ts';

/** A line for the operator's log about a sign-in. The domain has no log, so the route that called it writes the line. */
export interface SignInNote {
  level: 'info' | 'warn';
  message: string;
  /** The claim and the setting that decided, and other details. Never a secret. */
  fields: Record<string, unknown>;
}

/** A refused sign-in. `note` tells the operator which claim and which setting were the reason. */
export class SsoRefusal extends ProblemError {
  readonly note: SignInNote | null;

  constructor(detail: string, note: SignInNote | null) {
    super('sso-refused', detail);
    this.note = note;
  }
}

export function ssoRefused(detail: string, note: SignInNote | null = null): SsoRefusal {
  return new SsoRefusal(detail, note);
}
