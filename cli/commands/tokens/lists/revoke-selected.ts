import { type ProblemCode, problems } from '../../../../shared/problems.ts';
import type { BulkOutcome } from '../../../../shared/schemas/tokens/bulk.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { expectBody } from '../../../api/responses.ts';
import { array, object, type Shape, text } from '../../../api/shape.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { removeStoredValue } from '../../../credentials/stored-values.ts';
import { type CliError, localError } from '../../../errors.ts';
import type { Connection } from '../../../session/connect.ts';
import { printOutcome } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';

type Outcome = {
  done: Array<Pick<BulkOutcome['done'][number], 'id'>>;
  skipped: Array<Pick<BulkOutcome['skipped'][number], 'id'> & { reason: string }>;
  failed: Array<Pick<BulkOutcome['failed'][number], 'id' | 'code' | 'detail'>>;
};

const outcomeShape: Shape<Outcome> = object<Outcome>({
  done: array(object({ id: text })),
  skipped: array(object({ id: text, reason: text })),
  failed: array(object({ id: text, code: text, detail: text })),
});

/** Tokens in one request. If the connection is lost, the state of this many tokens is unknown. */
const batchSize = 200;

/**
 * Revokes tokens in requests of many, so that each owner gets few mails. A token that somebody else revoked in the meantime
 * counts as revoked.
 * @throws AggregateError with a failure for each token that was not revoked
 */
export async function revokeSelected(
  ctx: Context,
  { api, server }: Connection,
  tokens: readonly Token[],
  options: GlobalOptions,
): Promise<void> {
  const failures: CliError[] = [];
  for (let start = 0; start < tokens.length; start += batchSize) {
    const batch = new Map(tokens.slice(start, start + batchSize).map((token) => [token.id, token]));
    const request = api.tokens.revoke.$post({ json: { ids: [...batch.keys()] } });
    const { done, skipped, failed } = await expectBody(request, outcomeShape);
    for (const { id } of done) {
      const token = batch.get(id);
      if (token === undefined) continue;
      await printOutcome(ctx, options, token, `Revoked ${sanitize(token.name)} (${sanitize(token.prefix)}).`);
      await removeStoredValue(ctx, server, token);
    }
    failures.push(...failuresOf({ skipped, failed }, (id) => sanitize(batch.get(id)?.name ?? id)));
    if (failed.length > 0) break;
  }
  if (failures.length > 0) throw new AggregateError(failures);
}

function failuresOf(
  { skipped, failed }: Pick<Outcome, 'skipped' | 'failed'>,
  name: (id: string) => string,
): CliError[] {
  const refused = skipped
    .filter(({ reason }) => !isGone(reason))
    .map(({ id, reason }) => localError('owner-only', `${name(id)} was not revoked (${sanitize(reason)}).`));
  const unreached = failed.map(({ id, code, detail }) => {
    const known = Object.hasOwn(problems, code) ? (code as ProblemCode) : 'internal';
    return localError(known, `${name(id)} was not revoked. ${sanitize(detail)}`);
  });
  return [...refused, ...unreached];
}

function isGone(reason: string): boolean {
  return reason === 'already-revoked' || reason === 'not-found';
}
