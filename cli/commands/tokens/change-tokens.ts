import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Api } from '../../api/client.ts';
import { findTokens } from '../../api/find/find-token.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { attemptAll } from '../attempt-all.ts';

export interface Change {
  /** Changes one token and returns it. */
  readonly request: (api: Api, id: string) => Promise<Token>;
  readonly outcome: (changed: Token, before: Token) => string;
}

/** Changes each named token and prints what happened. Continues after a failure, like `attemptAll`. */
export async function changeTokens(
  ctx: Context,
  names: readonly string[],
  options: GlobalOptions & OwnerOptions,
  { request, outcome }: Change,
): Promise<void> {
  const { api } = await connect(ctx, options);
  const { found, failures } = await findTokens(api, names, options);
  try {
    await attemptAll(found, async (before) => {
      const token = await request(api, before.id);
      await printOutcome(ctx, options, token, outcome(token, before));
    });
  } catch (error) {
    failures.push(...(error instanceof AggregateError ? error.errors : [error]));
  }
  if (failures.length > 0) throw new AggregateError(failures);
}
