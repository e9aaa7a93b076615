import { ProblemError } from '../../../../shared/problem.ts';
import { problems } from '../../../../shared/problems.ts';
import type { AppContext } from '../../../http/context.ts';

/** Responds with what the browser needs to make or use a passkey, or with the problem, as JSON for the script. */
export async function respondWithOptions(c: AppContext, begin: () => Promise<object>): Promise<Response> {
  try {
    return c.json(await begin(), 200);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, retryAfter } = error;
    if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
    return c.json({ code, message }, problems[code].status as 400);
  }
}
