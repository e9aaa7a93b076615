import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSecret } from '../../../server/domain/secrets.ts';
import type { ProblemDetails } from '../../../shared/problem.ts';
import type { CreatedSession, Session } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type approvals, approveProgram } from '../../helpers/console/approvals.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';

const minute = 60_000;
const hour = 60 * minute;

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

/** Makes `dev` an auditor, which needs a confirmation, and takes the role away again. Returns the code of the problem, or null. */
async function promote(as: Member = app.root): Promise<string | null> {
  const path = `/api/v1/users/${app.dev.id}`;
  const response = await app.ask(path, { method: 'PATCH', as, json: { auditor: true } });
  if (response.status !== 200) return (await jsonOf<ProblemDetails>(response)).code;
  await app.ask(path, { method: 'PATCH', as, json: { auditor: false } });
  return null;
}

async function confirm(password: string, as: Member = app.root) {
  const response = await app.ask('/api/v1/sessions/current/confirm', { as, json: { password } });
  return { status: response.status, ...(await jsonOf<Partial<Session> & Partial<ProblemDetails>>(response)) };
}

const confirmations = async () =>
  (await app.store.audit.list({ limit: 50, before: null }))
    .filter(({ action }) => action.includes('confirm'))
    .reverse();

describe('a session', () => {
  it('counts as confirmed for an hour after its sign-in', async () => {
    expect(await promote()).toBeNull();
    app.clock.advance(hour - 1);
    expect(await promote()).toBeNull();
    app.clock.advance(1);
    expect(await promote()).toBe('confirmation-required');
  });

  it('counts as confirmed for another hour after the password, and other sessions of the member do not', async () => {
    const other = { ...app.root, session: await app.signIn(app.root.id) };
    app.clock.advance(hour);
    expect(await confirm(app.root.password)).toMatchObject({
      status: 200,
      confirmed_until: new Date(app.clock.now() + hour).toISOString(),
      confirm_with: ['password'],
      server_version: '0.0.0',
    });
    expect([await promote(), await promote(other)]).toEqual([null, 'confirmation-required']);
    app.clock.advance(hour);
    expect(await promote()).toBe('confirmation-required');
  });

  it('does not count as confirmed because it is used', async () => {
    for (let i = 0; i < 6; i += 1) {
      app.clock.advance(10 * minute);
      await app.ask('/api/v1/me', { as: app.root });
    }
    expect(await promote()).toBe('confirmation-required');
  });

  it('does not count as confirmed if a release before started it', async () => {
    const secret = generateSecret('session');
    const found = await app.services.sessions.authenticate(app.root.session);
    if (found === null) throw new Error('There is no session.');
    const earlier = { ...found.session, id: randomUUID(), hash: secret.hash(), confirmedAt: null };
    await app.store.sessions.insert(earlier);
    const as = { ...app.root, session: secret.reveal() };
    const { confirmed_until } = await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as }));
    expect([confirmed_until, await promote(as)]).toEqual([null, 'confirmation-required']);
  });

  it('does not count as confirmed while the clock is set back, and can be confirmed then', async () => {
    app.clock.advance(-2 * hour);
    expect(await promote()).toBe('confirmation-required');
    expect((await confirm(app.root.password)).status).toBe(200);
    expect(await promote()).toBeNull();
  });

  it('tolerates a minute between the clocks of two nodes', async () => {
    app.clock.advance(-minute);
    expect(await promote()).toBeNull();
    app.clock.advance(-1);
    expect(await promote()).toBe('confirmation-required');
  });
});

describe('a confirmation', () => {
  it('is audited, and so is a wrong password', async () => {
    expect(await confirm('wrong')).toMatchObject({ status: 403, code: 'wrong-password' });
    expect(await confirm(app.root.password)).toMatchObject({ status: 200 });
    const events = await confirmations();
    expect(events.map(({ action }) => action)).toEqual(['session.confirmation_failed', 'session.confirmed']);
    for (const { actor, target } of events) {
      expect([actor.id, target.kind]).toEqual([app.root.id, 'session']);
    }
  });

  it('changes nothing if the password is wrong', async () => {
    app.clock.advance(hour);
    await confirm('wrong');
    expect(await promote()).toBe('confirmation-required');
  });

  it('needs no code of the second factor, with which the session began', async () => {
    const { secret } = await turnOn(app, app.root);
    app.clock.advance(hour);
    const json = { email: app.root.email, password: app.root.password, code: codeAt(secret, app.clock.now()) };
    const { secret: session } = await jsonOf<CreatedSession>(app.ask('/api/v1/sessions', { json }));
    const as = { ...app.root, session };
    expect(await promote(as)).toBeNull();
    app.clock.advance(hour);
    expect(await promote(as)).toBe('confirmation-required');
    expect((await confirm(app.root.password, as)).status).toBe(200);
    expect(await promote(as)).toBeNull();
  });

  it('is refused for a member without a password', async () => {
    const nobody = { kind: 'system', id: null, email: null } as const;
    const body = { email: 'boss@example.com', superuser: true };
    const boss = await app.services.users.createBy(nobody, { ip: null, userAgent: null }, body);
    const as = { id: boss.id, email: boss.email, password: '', session: await app.signIn(boss.id) };
    const { confirm_with } = await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as }));
    expect(confirm_with).toEqual([]);
    app.clock.advance(hour);
    expect(await confirm('', as)).toMatchObject({ status: 403, code: 'password-sign-in-off' });
    expect(await promote(as)).toBe('confirmation-required');
  });

  it('names the action in the problem, which is one of RFC 9457', async () => {
    app.clock.advance(hour);
    const response = await app.ask(`/api/v1/users/${app.dev.id}`, {
      ...{ method: 'PATCH', as: app.root },
      json: { superuser: true, name: 'Bob' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await jsonOf(response)).toMatchObject({
      type: 'urn:tokensd:problem:confirmation-required',
      title: 'Confirm it is you',
      code: 'confirmation-required',
      detail: `Confirm it is you to make ${app.dev.email} an Organization Superuser, because you have not done so within the last hour.`,
    });
  });

  it('is not needed to keep or to take away a role', async () => {
    const boss = await app.addMember({ email: 'boss@example.com', superuser: true });
    app.clock.advance(hour);
    for (const json of [{ superuser: true }, { superuser: false }, { superuser: false, auditor: false }]) {
      const response = await app.ask(`/api/v1/users/${boss.id}`, { method: 'PATCH', as: app.root, json });
      expect(response.status).toBe(200);
    }
  });
});

describe('a session that another one approved', () => {
  /** Signs a program in, which `root` approves in a browser. */
  const approve = async (way: keyof typeof approvals): Promise<Member> => ({
    ...app.root,
    session: await approveProgram(app, openConsole(app, app.root), way),
  });

  it('is as fresh as the one that approved it, on the same computer', async () => {
    app.clock.advance(hour - minute);
    const program = await approve('authorization code');
    expect(await promote(program)).toBeNull();
    app.clock.advance(minute);
    expect(await promote(program)).toBe('confirmation-required');
  });

  it('has confirmed nothing if the one that approved it has not', async () => {
    app.clock.advance(hour);
    const program = await approve('authorization code');
    expect(await promote(program)).toBe('confirmation-required');
    expect((await confirm(app.root.password, program)).status).toBe(200);
    expect([await promote(program), await promote()]).toEqual([null, 'confirmation-required']);
  });

  it('has confirmed nothing on a device, whose code can come from somebody else', async () => {
    expect(await promote(), 'the browser has').toBeNull();
    const device = await approve('device code');
    const { confirmed_until } = await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as: device }));
    expect([confirmed_until, await promote(device)]).toEqual([null, 'confirmation-required']);
    expect((await confirm(app.root.password, device)).status).toBe(200);
    expect(await promote(device)).toBeNull();
  });
});
