import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Config } from '../../../server/config/config.ts';
import type { UserRecord } from '../../../server/store/records.ts';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { jsonOf, openTestApp } from '../app/app.ts';
import { gitHubClaims, type SignOptions, startWorkloadIssuer } from './workload-issuer.ts';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const jwtType = 'urn:ietf:params:oauth:token-type:jwt';

/** The response of the token endpoint. */
export interface Exchanged {
  status: number;
  retryAfter: string | null;
  body: {
    access_token?: string;
    issued_token_type?: string;
    token_type?: string;
    expires_in?: number;
    error?: string;
    error_description?: string;
  };
}

export type ExchangeWorld = Awaited<ReturnType<typeof openExchange>>;

/** Opens an app with a service account `ci`, and an issuer with no trust yet. */
export async function openExchange(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  const issuer = await startWorkloadIssuer();
  const account: UserRecord = await addServiceAccount(app.store, 'ci');

  async function addTrust(changes: object = {}): Promise<Trust> {
    const json = {
      name: 'deploy',
      service_account: 'ci',
      issuer: issuer.url,
      claims: { sub: 'repo:acme/api:*' },
      ...changes,
    };
    const response = await app.ask('/api/v1/trusts', { as: app.root, json });
    if (response.status !== 201) throw new Error(await response.text());
    return jsonOf(response);
  }

  /** Claims of a job, with the times and the ID that each token has. A claim that is undefined is left out. */
  function claimsOf(changes: JWTPayload = {}): JWTPayload {
    const now = Math.floor(app.clock.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 300 };
    return { ...times, aud: app.config.publicUrl, jti: randomUUID(), ...gitHubClaims(), ...changes };
  }

  const signed = (changes: JWTPayload = {}, options: SignOptions = {}) => issuer.sign(claimsOf(changes), options);

  /** Exchanges a subject token. Empty parameters are left out. */
  async function exchange(token: string, parameters: Record<string, string> = {}, ip?: string): Promise<Exchanged> {
    const form = { grant_type: exchangeGrant, subject_token: token, subject_token_type: jwtType, ...parameters };
    const response = await app.ask('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      ...(ip !== undefined && { ip }),
    });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await jsonOf(response) };
  }

  async function close(): Promise<void> {
    await app.close();
    await issuer.stop();
  }
  return { app, issuer, account, addTrust, claimsOf, signed, exchange, close };
}
