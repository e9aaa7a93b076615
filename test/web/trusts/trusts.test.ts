import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';

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
const base = { name: 'deploy', service_account: 'ci', minutes: '15' };

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
  expect([status, location]).toEqual([303, `${page}/${trust?.id}?done=trust-created`]);
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
  for (const text of ['The trust was created.', issuer, '15 minutes', '--trust deploy']) expect(shown).toContain(text);
});

it('sets the audience, the time and the rules', async () => {
  const { app, browser, all } = await open();
  await addApp(app.store, { name: 'builds' });
  await browser.get(`${page}?dialog=create`);
  const rules = { apps: 'builds', read_only: 'true', allow: 'GET /a\r\nPOST /b' };
  const fields = { ...base, system: 'github', repository: 'acme/api', audience: ' tokens ', minutes: '60', ...rules };
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
  [{ repository: 'acme/api', minutes: '61' }, 'ttl must be a whole number'],
  [{ repository: 'acme/api', minutes: 'soon' }, 'ttl must be a whole number'],
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

it('warns of a trust in all branches of a repository', async () => {
  const { app, browser } = await open();
  const warned = async (claims: object) => {
    const { id } = await createTrust(app, { name: `t${Object.keys(claims).length}`, service_account: 'ci', claims });
    return textOf((await browser.get(`${page}/${id}`)).html).includes('whoever can push to any branch has access');
  };
  expect(await warned({ repository: 'acme/api' })).toBe(true);
  expect(await warned({ repository: 'acme/api', environment: 'prod' })).toBe(false);
});

it('deletes a trust after a confirmation', async () => {
  const { app, browser, all } = await open();
  const { id } = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const { html } = await browser.get(`${page}/${id}?dialog=delete`);
  expect(textOf(html)).toContain('the tokens that they have are revoked');
  expect((await browser.submit(`${page}/${id}/delete`)).location).toBe(`${page}?done=trust-deleted`);
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
  expect([maintained.includes(page), textOf(maintained).includes('deploy')]).toEqual([false, true]);
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
