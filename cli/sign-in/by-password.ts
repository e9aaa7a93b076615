import type { Api } from '../api/client.ts';
import { expectBody } from '../api/responses.ts';
import { createdSessionShape } from '../api/shapes.ts';
import type { Context, Prompts } from '../context.ts';
import { hasCode } from '../errors.ts';
import { noTerminalForPassword } from '../input/ask.ts';
import { readSecret } from '../input/read-stdin.ts';
import type { NewSession } from '../session/save-session.ts';

export interface PasswordSignIn {
  readonly api: Api;
  readonly email: string;
  readonly prompts: Prompts | null;
  /** Read the password, and optionally a second line with a two-factor code, from stdin. */
  readonly passwordStdin: boolean | undefined;
}

/** Signs in with a password, and asks for a two-factor code if the member needs one. */
export async function signInWithPassword(
  ctx: Context,
  { api, email, prompts, passwordStdin }: PasswordSignIn,
): Promise<NewSession> {
  const [password = '', code] = passwordStdin
    ? (await readSecret(ctx)).split(/\r?\n/, 2)
    : [await askPassword(prompts)];
  const signIn = (more: { code?: string }) =>
    expectBody(api.sessions.$post({ json: { email, password, ...more } }), createdSessionShape);
  const created = await signIn(code === undefined ? {} : { code }).catch(async (error: unknown) => {
    if (!prompts || code !== undefined || !hasCode(error, 'totp-required')) throw error;
    return signIn({ code: await prompts.text('Code from your authenticator app, or a recovery code') });
  });
  return { secret: created.secret, email: created.user.email };
}

async function askPassword(prompts: Prompts | null): Promise<string> {
  if (prompts) return prompts.secret('Password');
  throw noTerminalForPassword();
}
