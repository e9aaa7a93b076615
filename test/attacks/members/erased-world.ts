import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import { createToken, jsonOf, type Member, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';

/** The addresses and the name of the member. No other text contains them. */
export const first = 'Zebedee.First@example.com';
export const second = 'zebedee.second@example.com';
export const name = 'Zebedee Quuxworth';
/** Another address of theirs, whose domain has two forms. */
export const third = 'zebedee@bücher.example';

const noClient = { ip: null, userAgent: null };

/** Fills the database with a superuser who took part in everything, and disables them. Returns them. */
export async function fillWorld(app: TestApp): Promise<Member> {
  const member = await app.addMember({ email: first, superuser: true, can_manage_tokens: true });
  const as = { ...member, email: second };
  const change = (json: object) => app.ask(`/api/v1/users/${member.id}`, { as: app.root, method: 'PATCH', json });
  await change({ name });
  for (const email of [first, first.toLowerCase()]) {
    await app.services.sessions.signIn(email, 'a wrong password', noClient).catch(() => undefined);
  }
  await change({ email: third });
  await change({ email: second });
  await app.services.sessions.signIn(second, member.password, noClient);
  await requestPasswordLink(app, second);
  await asActor(app, as);
  await asSubject(app, as);
  await writtenByOthers(app);
  await spelledOtherwise(app);
  await onlyToldApartByAddress(app);
  await deadLetter(app);
  await app.mails();
  await change({ disabled: true });
  return member;
}

/** What the member did to others. */
async function asActor(app: TestApp, as: Member): Promise<void> {
  const { id } = await createToken(app, app.dev, { name: 'paused by a superuser' });
  await app.ask(`/api/v1/tokens/${id}/pause`, { as, json: { reason: `Ask ${second}` } });
  const revoked = await createToken(app, app.dev, { name: 'revoked by a superuser' });
  await app.ask(`/api/v1/tokens/${revoked.id}`, { as, method: 'DELETE' });
  await app.ask('/api/v1/users', { as, json: { email: 'invited@example.com' } });
  await app.ask('/api/v1/apps', { as, json: { name: 'wiki' } });
  await app.ask('/api/v1/webhooks', { as, json: { url: 'https://hooks.example.com/', events: ['*'] } });
}

/** What others did to the member and what belongs to them. */
async function asSubject(app: TestApp, as: Member): Promise<void> {
  await createServiceAccount(app, 'ci', { maintainers: [as, app.dev] });
  await createAccountToken(app, as, 'ci', { name: 'deploy' });
  const { id } = await createToken(app, as, { name: 'goes to ci' });
  await app.ask(`/api/v1/tokens/${id}/transfer`, { as, json: { to: 'ci' } });
  await createToken(app, as, { name: 'stays', description: 'of the member' });
  await createToken(app, as, { name: 'short', expires_at: new Date(app.clock.now() + 3_600_000).toISOString() });
}

/** What others wrote about the member. */
async function writtenByOthers(app: TestApp): Promise<void> {
  const { id } = await createToken(app, app.dev, { name: `for ${first}`, description: `belongs to ${second}.` });
  const json = { description: `now of\n${first.toUpperCase()}` };
  await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'PATCH', json });
  await createTrust(app, { name: 'of-a-person', service_account: 'ci', claims: { sub: 'x', email: second } });
  const url = `https://hooks.example.com/?owner=${encodeURIComponent(second)}`;
  const hook = await jsonOf<{ id: string }>(
    app.ask('/api/v1/webhooks', { as: app.root, json: { url, events: ['token.*'], description: `for ${first}` } }),
  );
  if (hook.id === undefined) throw new Error('The webhook was not created.');
  await createToken(app, app.dev, { name: 'similar', description: `x${second} and ${second}.au` });
}

/** The addresses as URLs, JSON and people write them, in texts and in what requests left behind. */
async function spelledOtherwise(app: TestApp): Promise<void> {
  const spellings = [
    `https://x.example/${encodeURIComponent(second.toUpperCase())}`,
    `https://x.example/?back=${encodeURIComponent(`/users/${encodeURIComponent(second)}`)}`,
    `https://x.example/zebedee%2Esecond%40example%2ecom`,
    JSON.stringify({ by: [`new\n${second}`, JSON.stringify({ of: `also\n${first}` })] }),
    `${third.toUpperCase()} and zebedee@xn--bcher-kva.example`,
    encodeURI(third),
  ];
  for (const [number, description] of spellings.entries())
    await createToken(app, app.dev, { name: `spelled ${number}`, description });
  const { id, prefix } = await createToken(app, app.dev, { name: 'asks for users' });
  const { lastUsed, recordUsage } = app.services;
  const target = `/users/${encodeURIComponent(second)}/keys`;
  const others = { peer: '203.0.113.9', forwardedFor: null, userAgent: `bot of ${second}`, appId: null };
  for (const method of ['GET', 'DELETE']) {
    const request = { method, target, ...others, wouldDeny: method === 'GET' ? null : 'path' } as const;
    lastUsed.record({ id, prefix, validUntil: null }, app.clock.now(), request);
  }
  await flushLastUsed(lastUsed, app.store.tokens, app.clock.now());
  await recordUsage.flush();
}

/** Texts that must differ, and that are equal without the address. */
async function onlyToldApartByAddress(app: TestApp): Promise<void> {
  for (const address of [first, second, third]) {
    await createToken(app, app.dev, { name: `of ${address}` });
    await app.ask('/api/v1/clients', { as: app.root, json: { name: `gateway of ${address}` } });
    const url = `https://hooks.example.com/of/${address}`;
    await app.ask('/api/v1/webhooks', { as: app.root, json: { url, events: ['user.erased'] } });
  }
}

/** A mail to another member that the mail server refuses with a text about the member. */
async function deadLetter(app: TestApp): Promise<void> {
  const lease = { now: app.clock.now(), leaseMs: 60_000, leaseId: 'dead' };
  const [mail] = await app.store.outbox.claim({ ...lease, limit: 1, afterRecipient: 'root@' });
  if (mail === undefined) throw new Error('No mail is due to the superuser.');
  await app.store.outbox.giveUp(mail.id, lease.leaseId, app.clock.now(), `550 <${second}>: relaying denied`);
}
