import { createHash } from 'node:crypto';
import { jsonOf, type TestApp } from '../app/app.ts';
import { beginDevice, type DeviceCodes, pollDevice, postForm } from '../app/oauth.ts';
import type { Browser } from './pages.ts';

const verifier = 'v'.repeat(43);
const redirect_uri = 'http://127.0.0.1:40000/callback';

/** The address that the command line opens to sign in through a browser. */
export const authorizeUrl = `/oauth/authorize?${new URLSearchParams({
  client_id: 'tokens',
  redirect_uri,
  response_type: 'code',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})}`;

/** Approves the sign-in of a command line. Returns the authorization code, or the empty string if there is none. */
export async function requestCode(browser: Browser): Promise<string> {
  await browser.get(authorizeUrl);
  const { location } = await browser.submit('/oauth/authorize', { decision: 'approve' });
  return location === null ? '' : (new URL(location, 'https://tokens.example.com').searchParams.get('code') ?? '');
}

export function redeemCode(app: TestApp, code: string): Promise<Response> {
  const grant = { grant_type: 'authorization_code', client_id: 'tokens', code, redirect_uri };
  return postForm(app, '/oauth/token', { ...grant, code_verifier: verifier });
}

/** Enters the code of a new device in a browser, up to the page that asks for a decision. */
export async function openDevice(app: TestApp, browser: Browser): Promise<DeviceCodes> {
  const device = await beginDevice(app);
  await browser.get('/device');
  await browser.get((await browser.submit('/device', { user_code: device.user_code })).location ?? '');
  return device;
}

/** The ways in which a browser approves a program: each approves one, and returns what exchanges the approval for a session. */
export const approvals = {
  'authorization code': async (app: TestApp, browser: Browser) => {
    const code = await requestCode(browser);
    return (later: TestApp = app) => redeemCode(later, code);
  },
  'device code': async (app: TestApp, browser: Browser) => {
    const device = await openDevice(app, browser);
    await browser.submit('/device/approve', { decision: 'approve' });
    return (later: TestApp = app) => pollDevice(later, device);
  },
};

/** Approves a program in a browser and returns the secret of its session. */
export async function approveProgram(
  app: TestApp,
  browser: Browser,
  way: keyof typeof approvals = 'authorization code',
): Promise<string> {
  const redeem = await approvals[way](app, browser);
  const { access_token } = await jsonOf<{ access_token?: string }>(redeem());
  if (access_token === undefined) throw new Error(`No session for the ${way}`);
  return access_token;
}
