import type { AskedRequest, ForbidReason } from '../../../../shared/schemas/tokens/rules.ts';
import type { PresentedToken } from '../../../../shared/schemas/tokens/tokens.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { warn } from '../../../ui/notes.ts';

/** Returns the request that the options describe. */
export function requestOf({ method, path, ip, app }: AskedRequest): AskedRequest {
  return {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(ip !== undefined && { ip }),
    ...(app !== undefined && { app }),
  };
}

const explanations: Record<ForbidReason, string> = {
  app: 'it may not be used for this app, or there is no such app',
  group: "its owner is in none of the app's groups",
  method: 'its rules do not allow the method',
  path: 'its rules do not allow the path',
  network: "its rules do not allow the client's address",
  management: 'a management key works at the API of tokensd only',
};

export function isForbidReason(reason: string | null): reason is ForbidReason {
  return reason !== null && Object.hasOwn(explanations, reason);
}

/** Creates the error for a token that works but not for this request. `why` is a clause that replaces the usual explanation. */
export function deniedByRules(reason: ForbidReason, why: string = `${explanations[reason]}.`) {
  return localError('token-inactive', `The token works, but not for this request (${reason}): ${why}`);
}

/** Says why a request is allowed although the rules deny it. */
export async function noteObserved(ctx: Context, options: GlobalOptions, reason: ForbidReason): Promise<void> {
  const why = isForbidReason(reason) ? explanations[reason] : reason;
  await warn(ctx, options, `The request is allowed only because the rules are not applied (${reason}): ${why}.`);
}

/**
 * Adds the server's decision about a request to the result for a token that works. `token` is the body of the response.
 * @throws CliError `usage` if the server cannot decide about requests
 */
export function withDecision<T extends object>({ decision, ...token }: PresentedToken, asked: AskedRequest, works: T) {
  if (Object.keys(asked).length === 0) return { ...works, valid: true, reason: null, token };
  if (decision === undefined) throw tooOld();
  const { allowed, reason, would_deny } = decision;
  return { ...works, valid: allowed, reason: allowed ? null : reason, would_deny, token };
}

function tooOld() {
  return localError(
    'usage',
    'This server does not evaluate rules. Upgrade tokensd, or leave out --method, --path, --ip and --app.',
  );
}
