import { describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedToken, CreateTokenBody, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { change, day, hour, read, rotate, tokenActions } from './changes.ts';

const engines = useEngines();

describe.each(Object.entries(engines))('rotating a paused token on %s', (_engine, openStore) => {
  async function openPaused(by: 'dev' | 'root', body: Partial<CreateTokenBody> = {}, pause: object = {}) {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    const token = await createToken(app, app.dev, { name: 'ci', ...body });
    await pauseAs(app, app[by], token.id, pause);
    app.clock.advance(1);
    return { app, token };
  }
  const pauseAs = (app: TestApp, as: Member, id: string, json: object = {}) =>
    change(app, `tokens/${id}/pause`, { as, json });
  const resumeAs = (app: TestApp, as: Member, id: string) => change(app, `tokens/${id}/resume`, { as, json: {} });
  const ask = (app: TestApp, id: string, json: object, more: object = {}) =>
    change<CreatedToken>(app, `tokens/${id}/rotate`, { as: app.dev, json, ...more });
  const verdicts = (app: TestApp, ...tokens: CreatedToken[]) =>
    Promise.all(tokens.map(({ token }) => verdict(app, token)));

  it.each(['dev', 'root'] as const)('keeps the pause of %s, and ends the old value for good', async (by) => {
    const until = { for: 7 * day, reason: 'Seen in a log' };
    const { app, token } = await openPaused(by, {}, until);
    const { paused } = await read(app, token.id);
    const rotated = await rotate(app, token.id, { overlap: 0 });
    expect(rotated).toMatchObject({ id: token.id, status: 'paused', paused, previous: null });
    expect(paused).toMatchObject({ reason: 'Seen in a log', by: app[by].email });
    expect(await verdicts(app, token, rotated)).toEqual(['rotated', 'paused']);
    // The owner ends no pause of a superuser, with the new value either.
    expect((await resumeAs(app, app.dev, token.id)).status).toBe(by === 'dev' ? 200 : 403);
    expect((await resumeAs(app, app.root, token.id)).status).toBe(200);
    expect(await verdicts(app, token, rotated)).toEqual(['rotated', 200]);
  });

  it('lets only the new value work when the pause ends by itself', async () => {
    const { app, token } = await openPaused('root', {}, { for: hour });
    const rotated = await rotate(app, token.id, { overlap: 0 });
    app.clock.advance(hour * 1000);
    expect(await verdicts(app, token, rotated)).toEqual(['rotated', 200]);
  });

  it.each([{}, { overlap: 1 }, { overlap: day }, { end_previous: true }])(
    'is refused for %j, which would leave the old value, and says what is possible',
    async (json) => {
      const { app, token } = await openPaused('dev');
      const { status, body } = await ask(app, token.id, json);
      expect([status, body.code]).toEqual([409, 'token-inactive']);
      expect(body.detail).toBe(
        'The token is not active (paused). A paused token can be rotated only so that the old value ends at once (overlap 0).',
      );
      expect((await resumeAs(app, app.dev, token.id)).status).toBe(200);
      expect(await verdicts(app, token)).toEqual([200]);
    },
  );

  it('ends the value from before an earlier rotation, too, and records that', async () => {
    const { app, token } = await openPaused('dev');
    await resumeAs(app, app.dev, token.id);
    const second = await rotate(app, token.id, { overlap: 30 * day });
    await pauseAs(app, app.root, token.id);
    app.clock.advance(1);
    const third = await rotate(app, token.id, { overlap: 0 });
    expect((await tokenActions(app)).slice(-3)).toEqual(['token.paused', 'token.previous_ended', 'token.rotated']);
    await resumeAs(app, app.root, token.id);
    expect(await verdicts(app, token, second, third)).toEqual(['rotated', 'rotated', 200]);
    expect(await read(app, token.id)).toMatchObject({ previous: null, status: 'active' });
  });

  it('replays the same Idempotency-Key without the value, and lets a refused request be repeated', async () => {
    const { app, token } = await openPaused('root');
    const headers = { 'Idempotency-Key': 'k' };
    expect((await ask(app, token.id, {}, { headers })).status).toBe(409);
    const first = await ask(app, token.id, { overlap: 0 }, { headers });
    const { token: value, ...object } = first.body;
    const second = await ask(app, token.id, { overlap: 0 }, { headers });
    expect([first.status, second.status, second.body]).toEqual([201, 200, object]);
    await resumeAs(app, app.root, token.id);
    expect((await ask(app, token.id, { overlap: 0 }, { headers })).status).toBe(200);
    expect(await verdict(app, value)).toBe(200);
  });

  it('revives no token that has expired, and none of an owner who lost the permission', async () => {
    const { app, token } = await openPaused('dev', { expires_in: hour });
    app.clock.advance(hour * 1000);
    const expired = await ask(app, token.id, { overlap: 0, expires_in: day });
    expect([expired.status, expired.body.code]).toEqual([409, 'token-inactive']);
    expect(expired.body.detail).toContain('(expired)');
    const other = await createToken(app, { ...app.dev, session: await app.signIn(app.dev.id) }, { name: 'other' });
    await pauseAs(app, app.root, other.id);
    const root = { ...app.root, session: await app.signIn(app.root.id) };
    await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: root, json: { can_manage_tokens: false } });
    expect((await ask(app, other.id, { overlap: 0 })).body.detail).toContain('(blocked)');
  });

  it('is for the owner and the maintainers only, and for no canary', async () => {
    const { app, token } = await openPaused('root');
    const stranger = await app.addMember({ email: 'stranger@example.com', can_manage_tokens: true });
    const statusFor = async (as: Member, { id }: Token) => (await ask(app, id, { overlap: 0 }, { as })).status;
    expect([await statusFor(app.root, token), await statusFor(stranger, token)]).toEqual([403, 404]);
    await createServiceAccount(app, 'builds', { maintainers: [stranger] });
    const kept = await createAccountToken(app, stranger, 'builds', { name: 'kept' });
    await pauseAs(app, app.root, kept.id);
    expect([await statusFor(app.dev, kept), await statusFor(stranger, kept)]).toEqual([404, 201]);
    expect(await verdict(app, kept.token)).toBe('rotated');
    const trap = await createToken(app, app.dev, { name: 'trap', canary: true });
    await pauseAs(app, app.dev, trap.id);
    expect((await ask(app, trap.id, { overlap: 0 })).body.code).toBe('canary');
  });

  it('gives the owner a mail that says that the token is still paused', async () => {
    const { app, token } = await openPaused('root');
    const { token: value } = await rotate(app, token.id, { overlap: 0 });
    const mail = (await app.mails()).at(-1);
    expect([mail?.to, mail?.subject]).toEqual(['dev@example.com', 'API token "ci" was rotated']);
    expect(mail?.text.replace(/\s+/g, ' ')).toContain(
      'The old value ended at once. The token is still paused: the new value works when the pause ends.',
    );
    expect(`${mail?.text}${mail?.html}`).not.toContain(value);
    await resumeAs(app, app.root, token.id);
    await rotate(app, token.id, { overlap: 0 });
    expect((await app.mails()).at(-1)?.text).not.toContain('still paused');
  });
});
