import { type Diagnosis, SsoProblem } from '../provider.ts';
import type { Mistake } from './mistakes.ts';

/** Creates the problem for a mistake in the set-up. */
export function misconfigured(what: Mistake, diagnosis: Diagnosis): SsoProblem {
  const detail = `Single sign-on is set up wrongly: ${what}. Tell the operator of this server.`;
  return new SsoProblem('sso-misconfigured', detail, diagnosis);
}

/** Creates the problem for a provider that does not respond, or says that it cannot. */
export function unavailable(diagnosis: Diagnosis): SsoProblem {
  return new SsoProblem('sso-unavailable', 'Your identity provider does not respond. Try again later.', diagnosis);
}

/** Creates the problem for a sign-in that can succeed if the person starts again. */
export function refused(
  diagnosis: Diagnosis,
  detail = 'The response of your identity provider was rejected, so you are not signed in. Start again.',
): SsoProblem {
  return new SsoProblem('sso-refused', detail, diagnosis);
}

/** Returns the problem that an error is, or that a library wrapped into it. */
export function findProblem(error: unknown): SsoProblem | null {
  for (let found = error; found instanceof Error; found = found.cause) {
    if (found instanceof SsoProblem) return found;
  }
  return null;
}

/** Returns text of the provider for the log: in quotes, on one line and at most 300 characters. */
export function quote(text: unknown): string {
  const line = String(text).replace(/[\p{C}\s]+/gu, ' ');
  return `"${line.length > 300 ? `${line.slice(0, 300)}…` : line}"`;
}
