import { limits } from '../../../shared/limits.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { publicClientId, readForm, requirePublicClient } from './form.ts';

export type DeviceAuthorizationDeps = Pick<AppDeps, 'deviceFlow' | 'config'>;

/**
 * Starts the device flow (RFC 8628 §3.2). The response has no `verification_uri_complete`: phishers could send a link that
 * already contains the code, and members who type the code compare it with the one on their device.
 */
export async function authorizeDevice(
  { deviceFlow, config }: DeviceAuthorizationDeps,
  c: AppContext,
): Promise<Response> {
  requirePublicClient(c, await readForm(c));
  const { deviceCode, userCode } = await deviceFlow.begin(publicClientId, c.get('clientInfo'));
  const response = {
    device_code: deviceCode.reveal(),
    user_code: userCode,
    verification_uri: `${config.publicUrl}/device`,
    expires_in: limits.deviceCodeLifetimeMs / 1000,
    interval: limits.devicePollIntervalMs / 1000,
  };
  return c.json(response, 200, { 'Cache-Control': 'no-store' });
}
