import type { Api } from '../api/client.ts';
import { expectBody, expectSuccess } from '../api/responses.ts';
import { preparedTotpShape, recoveryCodesShape } from '../api/shapes.ts';
import type { Context, GlobalOptions, Prompts } from '../context.ts';
import { localError } from '../errors.ts';
import { isInteractive, promptsOrStdin } from '../input/ask.ts';
import { readSecret } from '../input/read-stdin.ts';
import { connect } from '../session/connect.ts';
import { note, writeStderr } from '../ui/notes.ts';
import { sanitize } from '../ui/sanitize.ts';

/** What `tokens password` does with the second factor. */
export type SecondFactorAction = 'enable' | 'disable' | 'new-recovery-codes';

/** Changes your two-factor sign-in, after asking for your password or reading it from stdin. */
export async function changeSecondFactor(
  ctx: Context,
  options: GlobalOptions & { passwordStdin?: boolean },
  action: SecondFactorAction,
): Promise<void> {
  if (action === 'enable' && (options.passwordStdin || !isInteractive(ctx))) {
    throw localError('usage', 'Turning on two-factor sign-in needs a terminal, to show a secret and ask for a code.');
  }
  const prompts = await promptsOrStdin(ctx, options.passwordStdin);
  const { api } = await connect(ctx, options);
  const password = prompts ? await prompts.secret('Password') : await readSecret(ctx);
  if (action === 'disable') {
    await expectSuccess(api.me.totp.disable.$post({ json: { password } }));
    return note(ctx, options, 'The authenticator app was removed from your account.');
  }
  const codes =
    action === 'enable' && prompts
      ? await enrol(ctx, api, prompts, password)
      : await expectBody(api.me.totp['recovery-codes'].$post({ json: { password } }), recoveryCodesShape);
  await printRecoveryCodes(ctx, options, codes.recovery_codes);
}

/** Enrols TOTP: shows the secret, asks for a code and confirms it. Returns the recovery codes. */
async function enrol(ctx: Context, api: Api, prompts: Prompts, password: string) {
  const { secret, uri } = await expectBody(api.me.totp.$post({ json: { password } }), preparedTotpShape);
  const { renderUnicodeCompact } = await import('uqr');
  await writeStderr(
    ctx,
    `Scan this code with an authenticator app:\n\n${renderUnicodeCompact(uri)}\n\nOr enter this secret: ${sanitize(secret)}\n`,
  );
  const code = await prompts.text('Code from the authenticator app');
  return expectBody(api.me.totp.confirm.$post({ json: { code } }), recoveryCodesShape);
}

async function printRecoveryCodes(ctx: Context, options: GlobalOptions, codes: readonly string[]): Promise<void> {
  if (options.json) {
    const { printJson } = await import('../ui/json.ts');
    return printJson(ctx.stdout, { recovery_codes: codes });
  }
  await ctx.stdout.write(`${codes.map(sanitize).join('\n')}\n`);
  await note(
    ctx,
    options,
    'Save these recovery codes: each works once in place of a code, and they cannot be shown again.',
  );
}
