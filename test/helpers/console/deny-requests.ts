import type { Page } from 'playwright-core';
import { noRules, storeRules } from '../../../server/domain/tokens/rules/token-rules.ts';
import type { World } from '../../browser/world.ts';
import { newDenied } from '../../store/contract/records.ts';

const minute = 60_000;

/** Gives the token on the page rules and denied requests, and reloads the page. */
export async function denyRequests(page: Page, { store, clock }: World): Promise<void> {
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const now = clock.now();
  const allow = ['GET,HEAD /api/v1/projects/**'];
  const rules = storeRules({ ...noRules, allow, networks: ['203.0.113.0/24'] });
  await store.tokens.edit(id, { rules, rulesChangedAt: now });
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
  const requests = [
    { method: 'DELETE', path: `/api/v1/projects/${'aurora-borealis-'.repeat(6)}/environments`, reason: 'method' },
    { method: 'POST', path: '/api/v1/builds/1042/retry', reason: 'path', ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348' },
    { method: 'GET', path: '/api/v1/projects', reason: 'network', ip: '198.51.100.23', userAgent: agent },
    { method: 'GET', path: '/api/v1/projects', reason: 'sso-stale' },
    { method: null, path: null, ip: null, userAgent: null, reason: 'rotated' },
    ...Array.from({ length: 7 }, (_, index) => ({ method: 'PUT', path: `/metrics/${index}`, reason: 'path' })),
  ];
  const denied = requests.map((request, index) => newDenied(id, { at: now - index * 7 * minute, ...request }));
  await store.transaction((store) => store.usage.addDenied(denied, now));
  await page.reload();
}

export async function allowDenied(page: Page, world: World): Promise<void> {
  await denyRequests(page, world);
  await page.getByRole('link', { name: 'Allow this: Path not allowed, POST' }).first().click();
  await page.getByText('Nothing is saved yet.').waitFor();
}

export async function testRequest(page: Page, world: World): Promise<void> {
  await denyRequests(page, world);
  await page.getByText('Test a request').click();
  await page.getByLabel('Method', { exact: true }).fill('DELETE');
  await page.getByLabel('Path', { exact: true }).fill('/api/v1/projects/aurora');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByText('Denied: Method not allowed.').waitFor();
}

export async function testBadRequest(page: Page): Promise<void> {
  await page.getByText('Test a request').click();
  await page.getByLabel('Path', { exact: true }).fill('api');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByRole('alert').waitFor();
}
