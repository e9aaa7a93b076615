import { hashStatusesShape } from '../../../api/leak-shapes.ts';
import { expectBody } from '../../../api/responses.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { connect } from '../../../session/connect.ts';

/**
 * Returns the name and the owner of a canary, if the session may know that the value is one. Asks before the value is presented, because
 * that would send mails. Returns null without a session, and if the server does not answer the question, as one of an earlier release.
 */
export async function findCanary(
  ctx: Context,
  options: GlobalOptions,
  value: string,
): Promise<{ name: string; owner: string } | null> {
  // Loaded here, because most commands start faster without it.
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256').update(value).digest('base64url');
  try {
    const { api } = await connect(ctx, options);
    const { items } = await expectBody(api.tokens.statuses.$post({ json: { hashes: [hash] } }), hashStatusesShape);
    const [item] = items;
    return item?.status === 'canary' ? { name: item.name ?? '', owner: item.owner ?? '' } : null;
  } catch {
    return null;
  }
}
