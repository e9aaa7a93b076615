import { expect, onTestFinished } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import type { CreatedToken, CreateTokenBody, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { type Ask, createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';

export const hour = 60 * 60;
export const day = 24 * hour;

/** Opens the app with a token of `dev`. */
export async function openWithToken(body: Partial<CreateTokenBody> = {}, settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'ci', ...body });
  return { app, token };
}

export interface Answer<T = Token> {
  status: number;
  body: T & { code: string; detail: string };
}

/** Starts a new session, because the tests let more time pass than a session lasts. */
async function signedIn(app: TestApp, member: Member): Promise<Member> {
  return { ...member, session: await app.signIn(member.id) };
}

/** Asks for a change of a token. Without `as`, the request has no session. */
export async function change<T = Token>(app: TestApp, path: string, ask: Ask): Promise<Answer<T>> {
  const as = ask.as && (await signedIn(app, ask.as));
  const response = await app.ask(`/api/v1/${path}`, { method: 'POST', ...ask, ...(as && { as }) });
  return { status: response.status, body: response.status === 204 ? ({} as never) : await jsonOf(response) };
}

/** Rotates a token for its owner and returns it with its new value. */
export async function rotate(app: TestApp, id: string, json: object = {}, as: Member = app.dev): Promise<CreatedToken> {
  const { status, body } = await change<CreatedToken>(app, `tokens/${id}/rotate`, { as, json });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body;
}

/** Rotates a token with one of its values. */
export function rotateItself(app: TestApp, value: string, json: object = {}): Promise<Answer<CreatedToken>> {
  return change<CreatedToken>(app, 'token/rotate', { json, headers: { Authorization: `Token ${value}` } });
}

export async function read(app: TestApp, id: string, as: Member = app.dev): Promise<Token> {
  return jsonOf<Token>(app.ask(`/api/v1/tokens/${id}`, { as: await signedIn(app, as) }));
}

/** Uses a value as a proxy would report it, and writes the last use. */
export async function use(app: TestApp, value: string, target = '/builds'): Promise<void> {
  const verdict = await app.services.verify(value);
  if (!verdict.allowed) throw new Error(`The value is ${verdict.reason}.`);
  const request = {
    method: 'GET',
    target,
    peer: '203.0.113.9',
    forwardedFor: null,
    userAgent: 'curl/8',
    appId: null,
    wouldDeny: null,
  };
  app.services.lastUsed.record(verdict.token, app.clock.now(), request);
  await flushLastUsed(app.services.lastUsed, app.store.tokens, app.clock.now());
}

/** Returns the actions of the audit events about tokens, oldest first. */
export async function tokenActions(app: TestApp): Promise<string[]> {
  const events = await app.store.audit.list({ limit: 200, before: null });
  return events
    .map(({ action }) => action)
    .filter((action) => action.startsWith('token.'))
    .reverse();
}

export async function subjects(app: TestApp): Promise<string[]> {
  return (await app.mails()).map(({ to, subject }) => `${to}: ${subject}`);
}
