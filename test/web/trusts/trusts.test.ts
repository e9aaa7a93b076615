import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';
import { addToken } from '../../store/contract/records.ts';

const page = '/organization/trusts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci');
  return {
    app,
    account,
    browser: openConsole(app, app.root),
    all: () => app.store.trusts.list({ limit: 9, before: null }),
  };
}

const gitHub = 'https://token.actions.githubusercontent.com';
const base = { name: 'deploy', service_account: 'ci', ttl: '15m' };

const accepted = [
  [{ system: 'github', repository: 'acme/api' }, gitHub, { repository: 'acme/api' }],
  [
    { system: 'github', repository: 'acme/api', github_ref: 'main', environment: 'prod', workflow: 'deploy.yml' },
    gitHub,
    {
      environment: 'prod',
      job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
      ref: 'refs/heads/main',
      repository: 'acme/api',
    },
  ],
  [
    { system: 'gitlab', project: 'acme/tools/api', gitlab_ref: 'refs/tags/v1', repository: 'not/this' },
    'https://gitlab.com',
    { project_path: 'acme/tools/api', ref: 'v1', ref_type: 'tag' },
  ],
  [
    { system: 'kubernetes', cluster: 'https://k8s.example.com', namespace: 'builds', kubernetes_account: 'runner' },
    'https://k8s.example.com',
    { sub: 'system:serviceaccount:builds:runner' },
  ],
  [
    { system: 'other', issuer: 'https://id.example.com', claims: 'sub=a=b\r\n\r\n team = api:*' },
    'https://id.example.com',
    { sub: 'a=b', team: 'api:*' },
  ],
] as const;

it.each(accepted)('creates a trust from the fields of a system: %o', async (fields, issuer, claims) => {
  const { browser, all } = await open();
  await browser.get(`${page}?dialog=create&service_account=ci`);
  const { status, location } = await browser.submit(page, { ...base, ...fields });
  const [trust] = await all();
  expect([status, location]).toEqual([303, messageAt(`${page}/${trust?.id}`, 'trust-created')]);
  expect(trust).toMatchObject({
    name: 'deploy',
    serviceAccount: 'ci',
    issuer,
    audience: null,
    ttlSeconds: 900,
    rules: null,
  });
  expect(JSON.parse(trust?.claims ?? '')).toEqual(claims);
  const shown = textOf((await browser.get(location ?? '')).html);
  for (const [name, value] of Object.entries(claims)) expect(shown).toContain(`${name}= ${value}`);
  for (const text of ['The trust deploy was created.', issuer, '15 minutes', '--trust deploy'])
    expect(shown).toContain(text);
});

it('sets the audience, the time and the rules', async () => {
  const { app, browser, all } = await open();
  await addApp(app.store, { name: 'builds' });
  await browser.get(`${page}?dialog=create`);
  const rules = { apps: 'builds', read_only: 'true', allow: 'GET /a\r\nPOST /b' };
  const fields = { ...base, system: 'github', repository: 'acme/api', audience: ' tokens ', ttl: '60m', ...rules };
  const { location } = await browser.submit(page, fields);
  expect(await all()).toMatchObject([{ audience: 'tokens', ttlSeconds: 3600 }]);
  const shown = textOf((await browser.get(location ?? '')).html);
  expect(shown).toContain(
    'Apps builds Methods only those that change nothing, such as GET Allowed requests GET /a POST /b',
  );
});

const rejected = [
  [{ system: 'github', repository: 'acme' }, 'Enter OWNER/REPO'],
  [{ system: 'gitlab', project: '*/api' }, 'Enter GROUP/PROJECT'],
  [{ system: 'kubernetes', cluster: 'https://k8s.example.com', namespace: 'a' }, 'This field is required.'],
  [{ system: 'kubernetes', cluster: 'k8s', namespace: 'a', kubernetes_account: 'b' }, 'Enter the issuer exactly'],
  [{ system: 'other', issuer: 'https://id.example.com', claims: '' }, 'Name at least one claim.'],
  [{ system: 'other', issuer: 'https://id.example.com', claims: 'sub' }, 'Enter NAME=TEXT instead of “sub”.'],
  [{ system: 'other', issuer: 'https://id.example.com', claims: 'sub=a\nsub=b' }, 'A claim is named twice.'],
  [{ system: 'other', issuer: 'https://id.example.com', claims: 'sub=a*' }, 'A * may only be the last character'],
  [{ system: 'other', issuer: 'http://id.example.com', claims: 'sub=a' }, 'Enter the issuer exactly'],
  [{ repository: 'acme/api', service_account: 'none' }, 'There is no service account “none”.'],
  [{ repository: 'acme/api', name: 'Deploy' }, 'The name of a trust has 1 to 48'],
  [{ repository: 'acme/api', ttl: '61m' }, 'Enter a time from 1m to 1h'],
  [{ repository: 'acme/api', ttl: 'soon' }, 'Enter a time from 1m to 1h'],
  [{ repository: 'acme/api', apps: 'missing' }, 'missing'],
] as const;

it.each(rejected)('shows the form with its values again: %o', async (fields, message) => {
  const { browser, all } = await open();
  await browser.get(`${page}?dialog=create`);
  const { status, html } = await browser.submit(page, { ...base, ...fields });
  expect([status, textOf(html)]).toEqual([400, expect.stringContaining(message)]);
  expect(html).toContain('aria-invalid="true"');
  if ('system' in fields) expect(html).toContain(`value="${fields.system}" checked`);
  expect(await all()).toEqual([]);
});

/** What the form shows of the trust that `createTrust` creates. */
const present = { service_account: 'ci', issuer: gitHub, claims: 'repository=acme/api', ttl: '15m' };

it('changes every field of a trust, and revokes its tokens if it gets another service account', async () => {
  const { app, browser, all } = await open();
  await addApp(app.store, { name: 'builds' });
  const other = await createServiceAccount(app, 'other');
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const { html } = await browser.get(`${page}/${id}?dialog=edit`);
  for (const text of ['value="ci"', `value="${gitHub}"`, '>repository=acme/api</textarea>', 'value="15m"']) {
    expect(html).toContain(text);
  }
  const { status, location } = await browser.submit(`${page}/${id}/edit`, {
    ...{ service_account: 'other', issuer: 'https://id.example.com', claims: 'sub=a=b\r\nteam=api:*' },
    ...{ audience: 'tokens', ttl: '90s', apps: 'builds', read_only: 'true', allow: 'GET /a\r\nPOST /b' },
  });
  expect([status, location]).toEqual([303, messageAt(`${page}/${id}`, 'trust-moved')]);
  expect(await all()).toMatchObject([
    { serviceAccountId: other.id, issuer: 'https://id.example.com', audience: 'tokens', ttlSeconds: 90 },
  ]);
  const { html: shown } = await browser.get(location ?? '');
  expect(textOf(shown)).toContain(
    'The trust deploy was changed, and the tokens that jobs received under it were revoked.',
  );
  for (const text of ['sub= a=b team= api:*', 'Apps builds', 'GET /a POST /b']) expect(textOf(shown)).toContain(text);
  const cleared = { service_account: 'other', issuer: 'https://id.example.com', claims: 'sub=x', ttl: '1h' };
  await browser.get(`${page}/${id}?dialog=edit`);
  expect((await browser.submit(`${page}/${id}/edit`, cleared)).location).toEqual(
    messageAt(`${page}/${id}`, 'trust-changed'),
  );
  expect(await all()).toMatchObject([{ audience: null, claims: '{"sub":"x"}', ttlSeconds: 3600, rules: null }]);
});

it('changes only what the form changed, so that a change by somebody else stays', async () => {
  const { app, browser, all } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  await browser.get(`${page}/${id}?dialog=edit`);
  const json = { audience: 'by somebody else', read_only: true };
  await app.ask(`/api/v1/trusts/${id}`, { as: app.root, method: 'PATCH', json });
  await browser.submit(`${page}/${id}/edit`, { ...present, claims: ' repository=acme/api\r\n', ttl: '5m' });
  const [trust] = await all();
  expect(trust).toMatchObject({ audience: 'by somebody else', ttlSeconds: 300, claims: '{"repository":"acme/api"}' });
  expect(trust?.rules).not.toBeNull();
  await browser.get(`${page}/${id}?dialog=edit`);
  const unchanged = { ...present, audience: 'by somebody else', read_only: 'true', ttl: '5m' };
  expect((await browser.submit(`${page}/${id}/edit`, unchanged)).location).toEqual(
    messageAt(`${page}/${id}`, 'trust-changed'),
  );
  expect(await all()).toEqual([trust]);
});

const rejectedEdits = [
  [{ claims: '' }, 'Name at least one claim.'],
  [{ claims: 'sub' }, 'Enter NAME=TEXT instead of “sub”.'],
  [{ issuer: 'http://id.example.com' }, 'Enter the issuer exactly'],
  [{ service_account: 'none' }, 'There is no service account “none”.'],
  [{ ttl: '61m' }, 'Enter a time from 1m to 1h'],
  [{ ttl: '' }, 'Enter a time from 1m to 1h'],
  [{ apps: 'missing' }, 'missing'],
] as const;

it.each(rejectedEdits)('shows the form of an edit with its values again: %o', async (fields, message) => {
  const { app, browser, all } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const before = await all();
  await browser.get(`${page}/${id}?dialog=edit`);
  const { status, html } = await browser.submit(`${page}/${id}/edit`, { ...present, ...fields });
  expect([status, textOf(html)]).toEqual([400, expect.stringContaining(message)]);
  expect(html).toContain('aria-invalid="true"');
  expect(html).toContain(`name="shown_issuer" value="${gitHub}"`);
  expect(await all()).toEqual(before);
});

it('offers the enabled service accounts, and the way to create the first one', async () => {
  const { app, account, browser } = await open();
  const offers = async () => (await browser.get(`${page}?dialog=create`)).html;
  expect(await offers()).toMatch(/<select id="service_account".*<option value="ci">/s);
  await app.store.serviceAccounts.setDisabled(account.id, true);
  const html = await offers();
  expect(html).not.toContain('name="service_account"');
  expect(html).toContain('href="/organization/service-accounts?dialog=create"');
});

it('warns of a trust in all branches of a repository', async () => {
  const { app, browser } = await open();
  const warned = async (claims: object) => {
    const { id } = await createTrust(app, { name: `t${Object.keys(claims).length}`, service_account: 'ci', claims });
    const text = textOf((await browser.get(`${page}/${id}`)).html);
    return text.includes('whoever can push to any branch has access. Edit it');
  };
  expect(await warned({ repository: 'acme/api' })).toBe(true);
  expect(await warned({ repository: 'acme/api', environment: 'prod' })).toBe(false);
});

it('deletes a trust after a confirmation', async () => {
  const { app, browser, all } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const { html } = await browser.get(`${page}/${id}?dialog=delete`);
  expect(textOf(html)).toContain('the tokens that they have are revoked');
  expect((await browser.submit(`${page}/${id}/delete`)).location).toEqual(messageAt(page, 'trust-deleted'));
  expect(await all()).toEqual([]);
  expect((await browser.get(`${page}/${id}`)).status).toBe(404);
});

it('lists the trusts of a service account on its page, and lets only superusers manage them', async () => {
  const { app, account, browser } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  await createServiceAccount(app, 'other');
  await createTrust(app, { name: 'others', service_account: 'other' });
  const path = `/organization/service-accounts/${account.id}`;
  const { html } = await browser.get(path);
  expect([html.includes(`href="${page}/${id}"`), html.includes('>others<')]).toEqual([true, false]);
  await app.ask(`/api/v1/service-accounts/${account.id}`, {
    ...{ method: 'PATCH', as: app.root },
    json: { maintainers: [app.dev.email] },
  });
  const { html: maintained } = await openConsole(app, app.dev).get(path);
  expect([maintained.includes(`href="${page}/${id}"`), maintained.includes('dialog=delete')]).toEqual([true, false]);
});

it('shows maintainers the page of a trust without what they may not do, and nobody else', async () => {
  const { app, account } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const dev = openConsole(app, app.dev);
  expect((await dev.get(`${page}/${id}`)).status).toBe(404);
  await app.store.serviceAccounts.addMaintainer(account.id, app.dev.id);
  for (const query of ['', '?dialog=edit', '?dialog=delete']) {
    const { status, html } = await dev.get(`${page}/${id}${query}`);
    expect([status, textOf(html)]).toEqual([200, expect.stringContaining('repository= acme/api')]);
    expect(textOf(html)).toContain('Ask an Organization Superuser to limit it');
    expect(html).toContain(`href="/organization/service-accounts/${account.id}"`);
    expect(html).not.toMatch(/<dialog|dialog=|href="\/organization\/trusts"/);
  }
  expect((await dev.get(page)).status).toBe(403);
});

it('shows hostile texts as texts', async () => {
  const { app, browser } = await open();
  const text = '<script>alert(1)</script>';
  const { id } = await createTrust(app, {
    name: 'deploy',
    service_account: 'ci',
    claims: { sub: text },
    audience: text,
  });
  for (const path of [page, `${page}/${id}`, `${page}?dialog=create&service_account=${encodeURIComponent(text)}`]) {
    const { html } = await browser.get(path);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  }
});

it('lists the newest tokens that jobs received under a trust, and no others', async () => {
  const { app, account, browser } = await open();
  const trust = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const other = await createTrust(app, { name: 'other', service_account: 'ci' });
  const expiresAt = app.clock.now() + 900_000;
  await addToken(app.store, account.id, { name: 'run-1', nameFolded: 'run-1', trustId: trust.id, expiresAt });
  await addToken(app.store, account.id, { name: 'run-2', nameFolded: 'run-2', trustId: trust.id, expiresAt });
  await addToken(app.store, account.id, { name: 'elsewhere', nameFolded: 'elsewhere', trustId: other.id, expiresAt });
  await addToken(app.store, account.id, { name: 'by-hand', nameFolded: 'by-hand' });
  const { html } = await browser.get(`${page}/${trust.id}`);
  const names = [...html.matchAll(/<th scope="row"><a href="[/]profile[/]api-tokens[/][^"]*">([^<]*)</g)].map(
    ([, name]) => name,
  );
  expect(names).toEqual(['run-2', 'run-1']);
  expect(html).toContain('href="/organization/tokens?owner=service-account%3Aci&amp;exchanged=true"');
  expect(textOf((await browser.get(`${page}/${other.id}`)).html)).not.toContain('run-1');
});

it('shows an auditor all trusts and the page of each, and where to find all tokens of jobs', async () => {
  const { app, account, browser } = await open();
  const auditor = openConsole(app, await app.addMember({ email: 'auditor@example.com', auditor: true }));
  expect(textOf((await auditor.get(page)).html)).toContain('A superuser creates one');
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  await addToken(app.store, account.id, { name: 'deploy', nameFolded: 'deploy', trustId: id });
  expect(textOf((await auditor.get(page)).html)).toMatch(/deploy ci https:/);
  const { html } = await auditor.get(`${page}/${id}`);
  expect(html).toContain(`href="${page}">Back to the trusts`);
  expect(textOf(html)).not.toMatch(/Edit|Delete|change and delete/);
  const all = /href="([^"]*)">All that jobs received/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(all).toBe(
    /href="([^"]*)">All that jobs received/
      .exec((await browser.get(`${page}/${id}`)).html)?.[1]
      ?.replaceAll('&amp;', '&'),
  );
  expect((await auditor.get(all)).status).toBe(200);
  const ofAccount = await auditor.get(`/organization/service-accounts/${account.id}`);
  expect(ofAccount.html).toContain(`href="${page}/${id}"`);
  expect(ofAccount.html).not.toContain('Create trust');
});
