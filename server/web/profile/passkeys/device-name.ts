import { describeUserAgent } from '../../../domain/user-agent.ts';
import type { AppContext } from '../../../http/context.ts';

/** Returns the name that a form offers for a new passkey, such as "Chrome on Linux". */
export function deviceNameOf(c: AppContext): string {
  const { userAgent } = c.get('clientInfo');
  return userAgent === null ? '' : describeUserAgent(userAgent);
}
