import { type Api, createApi } from '../api/client.ts';
import { expectBody, problemOf, readResponse, repeatable } from '../api/responses.ts';
import type { Context } from '../context.ts';
import { CliError, hasCode } from '../errors.ts';
import { promptsIfInteractive } from '../input/ask.ts';
import { writeStderr } from '../ui/notes.ts';
import type { Server } from './server-url.ts';
import { sessionShape } from './session-shape.ts';

/**
 * Asks for the password if the server requires a confirmation. Returns null if the caller must repeat the request. Otherwise
 * returns the response, whose body can be read again. Asks once in a run, also if several requests need it.
 *
 * @throws CliError `confirmation-required` without a terminal or a password, `wrong-password`, `throttled`
 */
export type Confirmer = (refused: Response) => Promise<Response | null>;

export function createConfirmer(ctx: Context, server: Server, send: typeof fetch, authorization: string): Confirmer {
  const api = createApi(server, send, authorization);
  let confirmed: Promise<void> | undefined;
  return async (refused) => {
    const response = await repeatable(refused);
    const problem = problemOf(await readResponse(Promise.resolve(response)));
    if (!hasCode(problem, 'confirmation-required')) return response;
    confirmed ??= confirm(ctx, api, problem);
    await confirmed;
    return null;
  };
}

/**
 * Asks for the password, and confirms with it who the member is.
 *
 * @throws CliError `problem` with advice without a terminal or a password; `wrong-password`, `throttled`
 */
export async function confirm(ctx: Context, api: Api, problem: CliError): Promise<void> {
  const prompts = await promptsIfInteractive(ctx);
  if (prompts === null) throw withAdvice(problem, 'Run the command in a terminal, or make the change in the console.');
  const { confirm_with: ways = [] } = await expectBody(api.sessions.current.$get(), sessionShape);
  if (!ways.includes('password')) {
    throw withAdvice(
      problem,
      'You have no password here, so make the change in the console. Or run `tokens login` on a computer with a browser, and choose “Confirm it first” there if the page offers it.',
    );
  }
  const { sanitize } = await import('../ui/sanitize.ts');
  await writeStderr(ctx, sanitize(problem.message));
  const password = await prompts.secret('Password');
  await expectBody(api.sessions.current.confirm.$post({ json: { password } }), sessionShape);
}

function withAdvice({ problem }: CliError, advice: string): CliError {
  return new CliError({ ...problem, detail: `${problem.detail} ${advice}` });
}
