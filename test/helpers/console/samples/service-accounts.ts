import type { Caller } from '../../../../server/domain/caller.ts';
import type { Scope } from '../../../../shared/scopes.ts';
import type { TestServer } from '../../app/http.ts';

type Services = Pick<TestServer, 'services' | 'store' | 'clock'>;

export const longAccount = 'integration-tests-of-the-staging-environment-in-frankfurt-eu-01';

const dev = 'dev@example.com';
const maya = 'maya.lindqvist@example.com';
const disabledMember = 'lucas.meyer@example.com';
const longMember = 'maximilian.wolfeschlegelsteinhausenbergerdorff.featherstonehaugh@subsidiary.example.com';

const longText =
  'Runs for every pull request, and once an hour against the branch that is about to be released, in all environments of the subsidiary';

/** Creates service accounts as a superuser: one in daily use, an orphaned one, a disabled one, and one with very long texts. */
export async function seedServiceAccounts(server: Services, root: Caller): Promise<void> {
  const { serviceAccounts } = server.services;
  await serviceAccounts.create(root, { name: 'legacy-import', maintainers: [disabledMember], description: 'Nightly' });
  const off = await serviceAccounts.create(root, { name: 'old-runner', maintainers: [maya] });
  await serviceAccounts.edit(root, off.id, { disabled: true });
  const ofSubsidiary = ['ada', 'ben', 'chloe', 'daniel', 'elif'].map((name) => `${name}@example.com`);
  await serviceAccounts.create(root, {
    name: longAccount,
    description: longText,
    maintainers: [longMember, ...ofSubsidiary],
    groups: ['W'.repeat(64), 'Abteilung für Qualitätssicherung und Risikobewertung', 'developers'],
  });
  const description = 'GitHub Actions: builds and deploys main';
  const { id } = await serviceAccounts.create(root, {
    ...{ name: 'ci', description, groups: ['deployers'] },
    maintainers: [maya, ofSubsidiary[0] ?? dev],
  });
  // Causes each mail about maintainers.
  await serviceAccounts.edit(root, id, { maintainers: [dev, maya] });
  const tokens: Array<[string, string, number | null]> = [
    ['ci', 'deploy', 42],
    ['ci', 'nightly-backup', null],
    ['legacy-import', 'import', 60 * 24 * 40],
    [longAccount, 'Integration tests – staging environment (eu-central-1)', 5],
  ];
  for (const token of tokens) await addToken(server, root, token);
  const key = { name: 'terraform', description: 'Declares the organization', service_account: 'ci' };
  const manage = ['users:write', 'service-accounts', 'apps'] satisfies Scope[];
  const limits = { expires_in: 90 * 86_400, networks: ['203.0.113.0/24'] };
  await server.services.tokens.create(root, { ...key, manage, ...limits });
  await addTrusts(server, root);
}

async function addToken(
  { services, store, clock }: Services,
  root: Caller,
  [account, name, usedAgo]: [account: string, name: string, usedAgo: number | null],
): Promise<void> {
  const { token } = await services.tokens.create(root, { name, service_account: account, expires_in: 90 * 86_400 });
  if (usedAgo === null) return;
  const use = { method: 'POST', path: '/api/v1/builds/42', ip: '203.0.113.9', userAgent: 'curl/8.5.0' };
  await store.tokens.recordUses([{ tokenId: token.id, at: clock.now() - usedAgo * 60_000, ...use }]);
}

export const longTrust = 'deploys-of-the-staging-environment-in-frankfurt';

async function addTrusts({ services: { trusts } }: Services, root: Caller): Promise<void> {
  const issuer = 'https://token.actions.githubusercontent.com';
  await trusts.create(root, { name: 'open', service_account: 'ci', issuer, claims: { repository: 'northwind/shop' } });
  await trusts.create(root, {
    ...{ name: longTrust, service_account: longAccount, audience: 'https://deployments.subsidiary.example.com' },
    issuer: `https://keycloak.subsidiary.example.com/realms/${'infrastructure-'.repeat(5)}production`,
    claims: {
      sub: `system:serviceaccount:${'builds-'.repeat(20)}:runner`,
      environment: 'production',
      ref: 'refs/heads/*',
    },
    ...{ allow: ['GET,HEAD /api/v2/projects/**', 'PUT /api/v2/builds/*'], read_only: true, ttl: 3600 },
  });
  const limits = { environment: 'production', repository: 'northwind/api' };
  await trusts.create(root, { name: 'deploy-api', service_account: 'ci', issuer, claims: limits });
}
