import { limits } from '../../../shared/limits.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { publicClientId, readForm, requirePublicClient } from './form.ts';

/**
 * RFC 8628 §3.2. Without `verification_uri_complete`: a link that holds the code is what a phisher would send, and typing
 * the code is what makes somebody compare it.
 */
export async function authorizeDevice({ deviceSignIn, config }: AppDeps, c: AppContext): Promise<Response> {
  requirePublicClient(c, await readForm(c));
  const { deviceCode, userCode } = await deviceSignIn.begin(publicClientId, c.get('clientInfo'));
  const answer = {
    device_code: deviceCode.reveal(),
    user_code: userCode,
    verification_uri: `${config.publicUrl}/device`,
    expires_in: limits.deviceCodeLife / 1000,
    interval: limits.devicePollInterval / 1000,
  };
  return c.json(answer, 200, { 'Cache-Control': 'no-store' });
}
