import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { expectBody } from '../../../api/responses.ts';
import { tokenShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { CliError } from '../../../errors.ts';
import { tokenCommand } from '../../../ui/command-line.ts';
import { note, warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { findSession } from './session.ts';

/**
 * Lets a token rotate itself if it may not do so yet, and returns it. The file holds a value that works, so a failure is only
 * noted: the next run tries again.
 */
export async function allowSelfRotation(ctx: Context, options: GlobalOptions, token: Token): Promise<Token> {
  if (token.self_rotate === true) return token;
  const name = sanitize(token.name);
  if (token.expires_at === null) {
    const command = tokenCommand('edit', token, '--expires 90d --self-rotate');
    await warn(
      ctx,
      options,
      `${name} never expires, so --self-rotate was not applied. To give the token an expiry: ${command}`,
    );
    return token;
  }
  try {
    const session = await findSession(ctx, options);
    if ('missing' in session) throw session.missing;
    const { api } = session.connection;
    const request = api.tokens[':id'].$patch({ param: { id: token.id }, json: { self_rotate: true } });
    const allowed = await expectBody(request, tokenShape);
    await note(ctx, options, `${name} may rotate itself from now on.`);
    return allowed;
  } catch (error) {
    if (!(error instanceof CliError) || ctx.signal.aborted) throw error;
    await warn(ctx, options, `${name} may not rotate itself, and --self-rotate was not applied: ${error.message}`);
    return token;
  }
}
