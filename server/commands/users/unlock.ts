import { emailSchema } from '../../../shared/schemas/common.ts';
import { CommandError, type Context } from '../../context.ts';
import { withServices } from './with-services.ts';

/**
 * Forgets a member's failed sign-ins. On SQLite, the daemon does it within a second.
 *
 * @throws CommandError 2 for an invalid email address, 3 if nobody has it
 */
export async function runUnlock(context: Context, email: string): Promise<void> {
  const parsed = emailSchema.safeParse(email);
  if (!parsed.success) throw new CommandError(parsed.error.issues.map((issue) => issue.message).join('\n'), 2);
  await withServices(context, async ({ unlock, sharesCounts }) => {
    if (!(await unlock.request(parsed.data))) {
      throw new CommandError(`No member has the email address ${parsed.data}. Check its spelling.`, 3);
    }
    const done = sharesCounts ? `Unlocked ${parsed.data}.` : `The daemon unlocks ${parsed.data} within a second.`;
    context.stderr.write(`${done}\n`);
  });
}
