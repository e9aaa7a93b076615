import type { Api } from '../api/client.ts';
import { unwrap } from '../api/unwrap.ts';
import type { PasswordOptions } from '../commands/password.ts';
import type { Context, Prompts } from '../context.ts';
import { localError } from '../errors.ts';
import { promptsIfInteractive } from '../input/ask.ts';
import { readSecret } from '../input/read-stdin.ts';
import { connect } from '../session/connect.ts';
import { note, tell } from '../ui/notes.ts';

/** `tokens password --enable-totp | --disable-totp | --recovery-codes`. The password is asked, or read from stdin. */
export async function changeTwoStep(ctx: Context, options: PasswordOptions): Promise<void> {
  const prompts = options.passwordStdin ? null : await promptsIfInteractive(ctx);
  if (options.enableTotp && !prompts) {
    throw localError('usage', 'Turning two-step sign-in on needs a terminal: it shows a secret and asks for a code.');
  }
  if (!options.passwordStdin && !prompts) {
    throw localError('usage', 'There is no terminal to ask for the password on. Use --password-stdin.');
  }
  const { api } = await connect(ctx, options);
  const password = prompts ? await prompts.secret('Password') : await readSecret(ctx);
  if (options.disableTotp) {
    await unwrap(api.me.totp.disable.$post({ json: { password } }));
    return note(ctx, options, 'Two-step sign-in is off.');
  }
  const codes =
    options.enableTotp && prompts
      ? await setUp(ctx, api, prompts, password)
      : await unwrap(api.me.totp['recovery-codes'].$post({ json: { password } }));
  await printCodes(ctx, options, codes.recovery_codes);
}

async function setUp(ctx: Context, api: Api, prompts: Prompts, password: string) {
  const { secret, uri } = await unwrap(api.me.totp.$post({ json: { password } }));
  const { renderUnicodeCompact } = await import('uqr');
  await tell(
    ctx,
    `Scan this with an authenticator app:\n\n${renderUnicodeCompact(uri)}\n\nor type this secret into it: ${secret}\n`,
  );
  const code = await prompts.text('Code that the app shows now');
  return unwrap(api.me.totp.confirm.$post({ json: { code } }));
}

async function printCodes(ctx: Context, options: PasswordOptions, codes: readonly string[]): Promise<void> {
  if (options.json) {
    const { printJson } = await import('../ui/json.ts');
    return printJson(ctx.stdout, { recovery_codes: codes });
  }
  await ctx.stdout.write(`${codes.join('\n')}\n`);
  await note(
    ctx,
    options,
    'Keep these recovery codes: each works once instead of a code, and they cannot be shown again.',
  );
}
