import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { use } from '../../http/token-changes/changes.ts';
import { addToken } from '../../store/contract/records.ts';

const all = '/organization/tokens';
const own = '/profile/api-tokens';
const week = 7 * 86_400;
let app: TestApp;
let bob: Member;
beforeEach(async () => {
  app = await openTestApp();
  bob = await app.addMember({ email: 'bob@example.com', can_manage_tokens: true });
});
afterEach(() => app.close());

const create = (as: Member, name: string) => createToken(app, as, { name, expires_in: week });
const chosen = (...tokens: Array<{ id: string }>) => tokens.map(({ id }) => `&token=${id}`).join('');

/** Returns the hidden fields of the confirmation. */
function confirmationOf(html: string): Record<string, string> {
  const form = html.slice(html.lastIndexOf('<form method="post"'));
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));
}

describe('the boxes of a list', () => {
  it('are there for those who may stop its tokens: superusers for all, members for their own', async () => {
    const token = await create(app.dev, 'mine');
    await create(app.root, 'of root');
    const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
    const boxes = async (path: string, as: Member) =>
      (await openConsole(app, as).get(path)).html.match(/name="token"/g);
    expect(await boxes(all, app.root)).toHaveLength(2);
    expect(await boxes(all, auditor)).toBeNull();
    expect(await boxes(own, app.dev)).toHaveLength(1);
    const { html } = await openConsole(app, app.dev).get(own);
    expect(html).toContain(`value="${token.id}" form="selection" aria-label="Select mine"`);
  });

  it('are checked by links, without script, for the page or for all that match', async () => {
    for (let count = 0; count < 60; count += 1) await addToken(app.store, app.dev.id, { createdAt: app.clock.now() });
    const browser = openConsole(app, app.root);
    const page = (await browser.get(`${all}?owner=dev%40example.com&select=page`)).html;
    expect(page.match(/name="token"[^>]* checked/g)).toHaveLength(50);
    expect(page).toContain(`href="${all}?owner=dev%40example.com&amp;select=all">Select all 60 tokens that match</a>`);
    const everything = (await browser.get(`${all}?owner=dev%40example.com&select=all`)).html;
    expect(everything).toContain('<input type="hidden" name="all" value="true"/>');
    expect(textOf(everything)).toContain('All 60 tokens that match are selected.');
    // A box that is disabled is not sent, so that none can seem to be left out.
    expect(everything.match(/name="token"[^>]* checked[^>]* disabled/g)).toHaveLength(50);
    expect(page).not.toContain('name="all"');
  });
});

describe('the confirmation', () => {
  it('names the filter, the first ten tokens and their use, and changes nothing', async () => {
    const tokens: CreatedToken[] = [];
    for (let count = 1; count <= 12; count += 1) tokens.push(await create(app.dev, `job-${count}`));
    await create(bob, 'job-of-bob');
    await use(app, tokens[3]?.token ?? '');
    const { html, status } = await openConsole(app, app.root).get(
      `${all}/selected?action=revoke&all=true&owner=dev%40example.com&q=job`,
    );
    const shown = textOf(html);
    expect([status, html.match(/<bdi>job-\d+<\/bdi>/g)?.length]).toEqual([200, 10]);
    expect(shown).toContain('Revoke 12 tokens?');
    expect(shown).toContain('Selected all that match: Name contains “job” · Owner: dev@example.com');
    expect(shown).toContain('Used in the last 24 hours 1');
    expect(shown).toContain('and 2 more');
    expect(shown).not.toContain('job-of-bob');
    expect(confirmationOf(html).ids?.split(' ').sort()).toEqual(tokens.map(({ id }) => id).sort());
    expect(await verdict(app, tokens[0]?.token ?? '')).toBe(200);
  });

  it('is about the checked tokens only, and leads back to the list with its filter', async () => {
    const [one, two] = [await create(app.dev, 'one'), await create(app.dev, 'two')];
    await create(app.dev, 'three');
    const { html } = await openConsole(app, app.dev).get(`${own}/selected?action=pause&q=o${chosen(one, two)}`);
    expect(textOf(html)).toContain('Pause 2 tokens?');
    expect(textOf(html)).toContain('Selected by hand, among all your tokens');
    expect(html).toContain(`<a class="button" href="${own}?q=o"`);
  });

  it('is about this token if there is one, and offers a pause of the same tokens only if something uses them', async () => {
    const [one, two] = [await create(app.dev, 'one'), await create(app.dev, 'two')];
    const browser = openConsole(app, app.root);
    const asked = async (...tokens: CreatedToken[]) =>
      (await browser.get(`${all}/selected?action=revoke${chosen(...tokens)}`)).html;
    const unused = textOf(await asked(one));
    expect(unused).toContain('program that uses this token stops');
    expect(unused).toContain('No mail server is set up, so tell its owner yourself.');
    expect(unused).toContain('Selected by hand, among all tokens');
    expect(unused).not.toContain('Pause instead');
    await use(app, one.token);
    expect(textOf(await asked(one))).toContain('Something still uses it.');
    const both = await asked(one, two);
    expect(textOf(both)).toContain('program that uses one of these tokens stops');
    expect(textOf(both)).toContain('Something still uses 1 of them.');
    const href = /<a href="([^"]*)">Pause instead/.exec(both)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const pause = await browser.get(href);
    expect(textOf(pause.html)).toContain('Pause 2 tokens?');
    expect(confirmationOf(pause.html).ids?.split(' ').sort()).toEqual([one.id, two.id].sort());
    await app.ask(`/api/v1/tokens/${one.id}/pause`, { as: app.root, json: {} });
    expect(await asked(one, two)).not.toContain('Pause instead');
  });

  it('says how many of the tokens a pause leaves as they are', async () => {
    const [one, two] = [await create(app.dev, 'one'), await create(app.dev, 'two')];
    await app.ask(`/api/v1/tokens/${one.id}/pause`, { as: app.dev, json: {} });
    const { html } = await openConsole(app, app.dev).get(`${own}/selected?action=pause${chosen(one, two)}`);
    expect(textOf(html)).toContain('Pause 1 token?');
    expect(textOf(html)).toContain('1 more selected token is paused already or has expired, and stays as it is.');
    expect(confirmationOf(html).ids).toBe(two.id);
    expect(textOf(html)).toContain(
      'If a value leaked, pause its token now, then rotate it. A rotation ends the old value at once. Give its program the new value, then resume the token. If nothing needs the token, revoke it.',
    );
    // Nobody else is affected, so there is nobody to tell.
    expect(textOf(html)).not.toContain('tell the owners');
    expect(html).toMatch(/<button type="submit" class="primary">Pause 1 token<\/button>/);
    const none = await openConsole(app, app.dev).get(`${own}/selected?action=pause${chosen(one)}`);
    expect(textOf(none.html)).toContain('No token to pause');
    expect(textOf(none.html)).toContain('1 selected token is paused already or has expired, and stays as it is.');
    expect(none.html).not.toContain(`action="${own}/selected"`);
    expect(none.html).toContain(`<a class="button" href="${own}">Back to the list</a>`);
  });

  it('of a pause leaves canaries out, and says that the values work again afterwards', async () => {
    const [one, two] = [await create(app.dev, 'one'), await create(app.dev, 'two')];
    const trap = await createToken(app, app.dev, { name: 'trap', expires_in: week, canary: true });
    for (const query of [chosen(one, two, trap), '&all=true']) {
      const { html } = await openConsole(app, app.root).get(`${all}/selected?action=pause${query}`);
      expect(textOf(html)).toContain('Pause 2 tokens?');
      expect(textOf(html)).toContain(
        'If a value leaked, pause its token now. Then its owner can rotate it. Resume the token once its program has the new value. If nothing needs the token, revoke it.',
      );
      expect(textOf(html)).toContain('1 canary stays as it is: a pause would only stop the mails about it.');
      expect(confirmationOf(html).ids?.split(' ').sort()).toEqual([one.id, two.id].sort());
    }
  });

  it('is about at most 1,000 tokens, and says that more match', async () => {
    await app.store.transaction(async (store) => {
      for (let count = 0; count < 1000; count += 1) await addToken(store, app.dev.id, { createdAt: app.clock.now() });
      await addToken(store, bob.id, { createdAt: app.clock.now() });
    });
    const { html } = await openConsole(app, app.root).get(`${all}/selected?action=revoke&all=true`);
    expect(textOf(html)).toContain('Revoke 1,000 tokens?');
    expect(textOf(html)).toContain('More tokens match. 1,000 tokens can be changed at once');
    expect(textOf(html)).toContain('Selected all tokens, without a filter');
    const browser = openConsole(app, app.root);
    await browser.get(`${all}/selected?action=revoke&all=true`);
    const done = await browser.submit(`${all}/selected`);
    expect([done.status, textOf(done.html).includes('1,000 tokens were revoked')]).toEqual([200, true]);
    expect(await app.store.tokens.list({ limit: 9, before: null, now: app.clock.now() })).toHaveLength(1);
  }, 30_000);

  it('of a second pause or resume names the tokens that the first one did not reach', async () => {
    const others: string[] = [];
    await app.store.transaction(async (store) => {
      for (let count = 0; count < 1003; count += 1) {
        const { id } = await addToken(store, count < 3 ? bob.id : app.dev.id, { createdAt: app.clock.now() });
        if (count < 3) others.push(id);
      }
    });
    const browser = openConsole(app, app.root);
    for (const [action, done] of [
      ['pause', 'paused'],
      ['resume', 'resumed'],
    ]) {
      // The order by name reads the pages of the list in another way than the order of creation does.
      for (const [order, count] of [
        ['', '1,000'],
        ['&sort=name', '3'],
      ]) {
        const { html } = await browser.get(`${all}/selected?action=${action}&all=true${order}`);
        expect(textOf(html)).toContain(`${count} tokens?`);
        if (count === '3') expect(confirmationOf(html).ids?.split(' ').sort()).toEqual(others.sort());
        expect(textOf((await browser.submit(`${all}/selected`)).html)).toContain(`${count} tokens were ${done}`);
      }
      const { html } = await browser.get(`${all}/selected?action=${action}&all=true`);
      expect(textOf(html)).toContain(`No token to ${action} 1,003 selected tokens are`);
    }
  }, 60_000);

  it('says that nothing is selected if no box was checked, or if the tokens are gone', async () => {
    const token = await create(bob, 'of bob');
    for (const query of ['action=revoke', `action=revoke${chosen(token)}`, 'action=revoke&token=nonsense']) {
      const { status, html } = await openConsole(app, app.dev).get(`${own}/selected?${query}`);
      expect([status, textOf(html).includes('No token selected'), html.includes('of bob')]).toEqual([200, true, false]);
    }
  });

  it.each(['action=delete&all=true&q=a', 'all=true&q=a', 'action=revoke&all=true&q=a&expiring_within=soon'])(
    'is not there for %s, which leads back to the list',
    async (query) => {
      const { status, location } = await openConsole(app, app.dev).get(`${own}/selected?${query}`);
      expect([status, location?.split('&')[0]]).toEqual([303, `${own}?q=a`]);
    },
  );

  it('of the own list never has the tokens of others, whatever the filter says', async () => {
    await create(bob, 'of bob');
    await create(app.root, 'of root');
    for (const query of ['owner=bob%40example.com', 'known_to=bob%40example.com', 'status=active', '']) {
      const { html } = await openConsole(app, app.root).get(`${own}/selected?action=revoke&all=true&${query}`);
      expect([html.includes('of root'), html.includes('of bob')]).toEqual([true, false]);
    }
  });
});

describe('the change', () => {
  it('is about exactly the confirmed tokens: one that matches since is not touched', async () => {
    const tokens = [await create(app.dev, 'job-1'), await create(app.dev, 'job-2')];
    const browser = openConsole(app, app.root);
    await browser.get(`${all}/selected?action=revoke&all=true&q=job`);
    const later = await create(app.dev, 'job-3');
    await app.ask(`/api/v1/tokens/${tokens[0]?.id}`, { method: 'DELETE', as: app.dev });
    const { status, html } = await browser.submit(`${all}/selected`);
    expect(status).toBe(200);
    const shown = textOf(html);
    expect(shown).toContain('1 token was revoked');
    expect(shown).toMatch(/Skipped: 1 job-1 dev@example\.com · already revoked/);
    expect(shown).toMatch(/Revoked: 1 job-2/);
    expect(html).toContain(`href="${all}?q=job"`);
    expect([await verdict(app, tokens[1]?.token ?? ''), await verdict(app, later.token)]).toEqual(['revoked', 200]);
  });

  it('does nothing more when the form is sent again', async () => {
    const tokens = [await create(app.dev, 'job-1'), await create(app.dev, 'job-2')];
    const browser = openConsole(app, app.dev);
    const { html } = await browser.get(`${own}/selected?action=pause${chosen(...tokens)}`);
    const fields = { ...confirmationOf(html), for: '3600', reason: 'Incident 7' };
    expect(textOf((await browser.post(`${own}/selected`, fields)).html)).toContain('2 tokens were paused');
    const events = async () => (await app.store.audit.list({ limit: 200, before: null })).length;
    const before = await events();
    const again = textOf((await browser.post(`${own}/selected`, fields)).html);
    expect(again).toContain('0 tokens were paused');
    expect(again).toContain('job-1 dev@example.com · already paused');
    expect(await events()).toBe(before);
    const token = await app.store.tokens.findById(tokens[0]?.id ?? '');
    expect(token).toMatchObject({ pausedReason: 'Incident 7', pausedUntil: app.clock.now() + 3_600_000 });
  });

  it('leads from a pause to the tokens, and says when it ends and what to do if a value leaked', async () => {
    const tokens = [await create(app.dev, 'job-1'), await create(app.dev, 'job-2')];
    const pause = async (as: Member, token: CreatedToken, seconds: string) => {
      const browser = openConsole(app, as);
      const list = as === app.root ? all : own;
      const { html } = await browser.get(`${list}/selected?action=pause${chosen(token)}`);
      return (await browser.post(`${list}/selected`, { ...confirmationOf(html), for: seconds })).html;
    };
    const [mine = '', ofOther = ''] = [
      await pause(app.dev, tokens[0] as CreatedToken, '3600'),
      await pause(app.root, tokens[1] as CreatedToken, '0'),
    ];
    expect(mine).toContain(`<a href="${own}/${tokens[0]?.id}"><bdi>job-1</bdi></a>`);
    expect(textOf(mine)).toContain('Requests that use it are now denied, until 23 Nov 2026, 17:20');
    expect(textOf(mine)).toContain(
      'If a value leaked, rotate its token before the pause ends. A rotation ends the old value at once. Give its program the new value, then resume the token. If nothing needs the token, revoke it. If the pause was a mistake, resume the token.',
    );
    expect(textOf(ofOther)).toContain('Requests that use it are now denied until it is resumed.');
    expect(textOf(ofOther)).toContain(
      'If a value leaked, its owner can rotate the token before the pause ends. Resume the token once its program has the new value. If nothing needs the token, revoke it.',
    );
  });

  it('skips the IDs of others that a member puts into the form, and does not say whether they exist', async () => {
    const [foreign, mine] = [await create(bob, 'secret-name'), await create(app.dev, 'mine')];
    const browser = openConsole(app, app.dev);
    const fields = confirmationOf((await browser.get(`${own}/selected?action=revoke${chosen(mine)}`)).html);
    const never = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b';
    const { html } = await browser.post(`${own}/selected`, { ...fields, ids: `${foreign.id} ${never} ${mine.id}` });
    expect(html).not.toContain('secret-name');
    const about = (id: string) => new RegExp(`${id} no longer there, or not yours to see`);
    expect(textOf(html)).toMatch(about(foreign.id));
    expect(textOf(html)).toMatch(about(never));
    expect([await verdict(app, foreign.token), await verdict(app, mine.token)]).toEqual([200, 'revoked']);
    expect((await browser.post(`${all}/selected`, { ...fields, ids: foreign.id })).status).toBe(403);
    expect(await verdict(app, foreign.token)).toBe(200);
  });

  it.each([
    ['more than 1,000 IDs', { ids: Array(1001).fill('019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b').join(' ') }, 400],
    ['100,000 IDs', { ids: Array(100_000).fill('019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b').join(' ') }, 413],
    ['no IDs', { ids: '' }, 400],
    ['text in place of IDs', { ids: "x' OR '1'='1" }, 400],
    ['another action', { action: 'rotate' }, 404],
    ['a wrong form token', { form_token: 'stolen' }, 403],
    ['a reason that is too long', { action: 'pause', reason: 'x'.repeat(501) }, 400],
  ])('refuses a form with %s', async (_what, changes, status) => {
    const token = await create(app.dev, 'mine');
    const browser = openConsole(app, app.dev);
    const fields = confirmationOf((await browser.get(`${own}/selected?action=revoke${chosen(token)}`)).html);
    const sent: Record<string, string> = { ...fields, ...changes };
    expect((await browser.post(`${own}/selected`, sent)).status).toBe(status);
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('leads back to the list only, whatever the form names as the list', async () => {
    const token = await create(app.dev, 'mine');
    const browser = openConsole(app, app.dev);
    const fields = confirmationOf((await browser.get(`${own}/selected?action=revoke${chosen(token)}`)).html);
    const { html } = await browser.post(`${own}/selected`, {
      ...fields,
      list: 'q=a&path=//evil.example&next=//evil.example',
    });
    expect(html).toContain(`<a class="button" href="${own}?q=a">Back to the list</a>`);
    expect(html).not.toContain('evil.example');
  });

  it('shows names as text', async () => {
    const token = await create(app.dev, '<img src=x onerror=alert(1)>');
    const browser = openConsole(app, app.dev);
    const asked = await browser.get(`${own}/selected?action=revoke${chosen(token)}`);
    const done = await browser.submit(`${own}/selected`);
    for (const { html } of [asked, done]) expect(html).not.toContain('<img');
  });
});
