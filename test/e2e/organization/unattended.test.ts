import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { formatOrganization } from '../../../cli/organization/file/document.ts';
import { systemActor } from '../../../server/domain/caller.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { scopes } from '../../../shared/scopes.ts';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';

const hour = 60 * 60 * 1000;

const organization: Organization = {
  members: [{ email: 'ada@example.com', name: 'Ada', can_manage_tokens: true, groups: ['developers'] }],
  service_accounts: [{ name: 'ci', maintainers: ['ada@example.com'] }],
  apps: [{ name: 'wiki', hosts: ['wiki.example.com'], groups: ['developers'] }],
};

it('declares an organization without a person, and keeps the key alive for a year', { timeout: 120_000 }, async () => {
  const cli = await openTestCliWithApp();
  const directory = await mkdtemp(join(tmpdir(), 'tokens-unattended-'));
  onTestFinished(async () => {
    await cli.close();
    await rm(directory, { recursive: true });
  });
  const file = join(directory, 'key');
  // What `tokensd init` does on an empty machine. `test/e2e/init/bootstrap.test.ts` runs the command itself.
  const { bootstrap, users } = cli.app.services;
  const { secret, storeKey } = bootstrap.begin({ name: 'platform', scopes });
  const nobody = { ip: null, userAgent: null };
  const person = { email: 'first@example.com', superuser: true };
  await users.createBy(systemActor, nobody, person, storeKey);
  await writeFile(file, `${secret.reveal()}\n`, { mode: 0o600 });

  const run = (argv: string[], stdin?: string) =>
    cli.run(argv, { env: { TOKENS_KEY_FILE: file }, ...(stdin !== undefined && { stdin }) });
  const apply = async () => {
    const ran = await run(['apply', '-f', '-', '--json'], formatOrganization(organization, 'schema'));
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ran.stdout).changes.length as number;
  };
  expect(await apply()).toBe(3);
  expect(await apply()).toBe(0);

  const values = new Set<string>();
  for (let passed = 0; passed < 365 * 24; passed += 6) {
    cli.app.clock.advance(6 * hour);
    const ran = await run(['ensure', 'bootstrap', '--out', file, '--json']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    values.add(await readFile(file, 'utf8'));
  }
  // A third of its 24 hours is left when it is renewed, so it gets a new value every 18 hours.
  expect(values.size).toBeGreaterThan(480);
  expect(await apply()).toBe(0);
  // Nobody needed a second key.
  expect(JSON.parse((await run(['list', '-s', 'platform', '--json'])).stdout)).toHaveLength(1);
});
