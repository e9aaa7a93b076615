import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trust } from '../../shared/schemas/trusts.ts';
import { onTerminal, openTestCliWithApp } from '../helpers/cli/cli.ts';
import { addServiceAccount } from '../store/contract/accounts/service-accounts.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  await addServiceAccount(cli.app.store, 'ci');
});
afterEach(() => cli.close());

const run = (...argv: string[]) => cli.run(['trusts', ...argv], cli.as(cli.app.root));
const create = (...argv: string[]) => run('create', 'deploy', '-s', 'ci', ...argv);
const shown = async (name = 'deploy'): Promise<Trust> => JSON.parse((await run('show', name, '--json')).stdout);
const gitHub = 'https://token.actions.githubusercontent.com';
const gitLab = (claims: Trust['claims']) => ({
  issuer: 'https://gitlab.com',
  claims: { project_path: 'acme/api', ...claims },
});

describe('tokens trusts create', () => {
  it('creates a trust with every option, and says how a job gets a token', async () => {
    await cli.run(['apps', 'create', 'builds'], cli.as(cli.app.root));
    const { code, stdout, stderr } = await create(
      ...['--issuer', 'https://issuer.example.com', '--audience', 'tokens', '--claim', 'sub=repo:acme/api:*'],
      ...['--claim', 'a=b=c', '--app', 'builds', '--read-only', '--allow', 'GET /api/**', '--ttl', '5m'],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('Created the trust deploy. Its jobs get a token with: tokens exchange --trust deploy\n');
    expect(await shown()).toMatchObject({
      service_account: 'ci',
      issuer: 'https://issuer.example.com',
      audience: 'tokens',
      claims: { sub: 'repo:acme/api:*', a: 'b=c' },
      apps: ['builds'],
      read_only: true,
      allow: ['GET /api/**'],
      ttl: 300,
    });
  });

  it.each([
    [['--github', 'acme/api'], gitHub, { repository: 'acme/api' }],
    [['--github', 'acme/api', '--ref', 'main'], gitHub, { repository: 'acme/api', ref: 'refs/heads/main' }],
    [['--github', 'acme/api', '--ref', 'refs/tags/v1'], gitHub, { repository: 'acme/api', ref: 'refs/tags/v1' }],
    [['--github', 'acme/api', '--environment', 'prod'], gitHub, { repository: 'acme/api', environment: 'prod' }],
    [
      ['--github', 'acme/api', '--workflow', 'deploy.yml'],
      gitHub,
      { repository: 'acme/api', job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/*' },
    ],
    [
      ['--github', 'acme/api', '--workflow', '.github/workflows/deploy.yml', '--ref', 'main'],
      gitHub,
      {
        repository: 'acme/api',
        ref: 'refs/heads/main',
        job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
      },
    ],
    [
      ['--github', 'acme/api', '--issuer', 'https://ghes.example.com/_services/token', '--claim', 'actor=octocat'],
      'https://ghes.example.com/_services/token',
      { repository: 'acme/api', actor: 'octocat' },
    ],
    [['--gitlab', 'acme/team/api'], 'https://gitlab.com', { project_path: 'acme/team/api' }],
    [
      ['--gitlab', 'acme/api', '--ref', 'main'],
      'https://gitlab.com',
      { project_path: 'acme/api', ref: 'main', ref_type: 'branch' },
    ],
    [
      ['--gitlab', 'acme/api', '--ref', 'refs/tags/v1', '--issuer', 'https://gitlab.example.com'],
      'https://gitlab.example.com',
      { project_path: 'acme/api', ref: 'v1', ref_type: 'tag' },
    ],
    [
      ['--kubernetes', 'https://cluster.example.com', '--namespace', 'builds', '--kubernetes-service-account', 'bot'],
      'https://cluster.example.com',
      { sub: 'system:serviceaccount:builds:bot' },
    ],
  ])('turns %j into claims', async (argv, issuer, claims) => {
    expect((await create(...argv)).code).toBe(0);
    const trust = await shown();
    expect({ issuer: trust.issuer, claims: trust.claims, ttl: trust.ttl }).toEqual({ issuer, claims, ttl: 900 });
  });

  it('warns if every branch of a GitHub repository is trusted', async () => {
    expect((await create('--github', 'acme/api')).stderr).toContain('Every workflow of acme/api may get a token');
    for (const more of [
      ['--ref', 'main'],
      ['--environment', 'production'],
    ]) {
      await run('delete', 'deploy', '--yes');
      expect((await create('--github', 'acme/api', ...more)).stderr).not.toContain('Every workflow');
    }
  });

  it('warns if every branch of a GitLab project is trusted', async () => {
    expect((await create('--gitlab', 'acme/api')).stderr).toContain('Every pipeline of acme/api may get a token');
    await run('delete', 'deploy', '--yes');
    expect((await create('--gitlab', 'acme/api', '--ref', 'main')).stderr).not.toContain('Every pipeline');
  });

  it.each([
    [[]],
    [['--issuer', 'https://issuer.example.com']],
    [['--claim', 'sub=x']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=a', '--claim', 'sub=b']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=*']],
    [['--github', 'acme']],
    [['--github', 'acme/api', '--gitlab', 'acme/api']],
    [['--gitlab', 'acme/api', '--environment', 'x']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'a=b', '--ref', 'main']],
    [['--kubernetes', 'https://cluster.example.com', '--namespace', 'x']],
    [['--github', 'acme/api', '--ttl', '2h']],
    [['--github', 'acme/api', '--ttl', 'x']],
  ])('rejects %j with exit code 2', async (argv) => {
    expect((await create(...argv)).code).toBe(2);
    expect((await run('list', '--json')).stdout.trim()).toBe('[]');
  });

  it('is for superusers', async () => {
    const argv = ['trusts', 'create', 'x', '-s', 'ci', '--github', 'acme/api'];
    expect((await cli.run(argv, cli.as(cli.app.dev))).code).toBe(4);
  });
});

describe('tokens trusts edit', () => {
  const edit = (...argv: string[]) => run('edit', 'deploy', ...argv);
  const everything = [
    ...['-s', 'other', '--issuer', 'https://issuer.example.com', '--audience', 'tokens', '--claim', 'sub=job:1'],
    ...['--app', 'builds', '--read-only', '--allow', 'GET /api/**', '--ttl', '5m'],
  ];
  const edited = {
    service_account: 'other',
    issuer: 'https://issuer.example.com',
    audience: 'tokens',
    claims: { sub: 'job:1' },
    apps: ['builds'],
    read_only: true,
    allow: ['GET /api/**'],
    ttl: 300,
  };
  beforeEach(async () => {
    await addServiceAccount(cli.app.store, 'other');
    await cli.run(['apps', 'create', 'builds'], cli.as(cli.app.root));
    await create('--github', 'acme/api', '--ref', 'main');
  });

  it('changes every field, and says that tokens of the former service account were revoked', async () => {
    const { code, stdout, stderr } = await edit(...everything);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('Changed the trust deploy. The tokens of ci under it were revoked.\n');
    expect(await shown()).toMatchObject(edited);
  });

  it.each([
    [['--ttl', '60m'], { ttl: 3600 }],
    [['--claim', 'sub=job:2'], { claims: { sub: 'job:2' } }],
    [['--issuer', 'https://other.example.com'], { issuer: 'https://other.example.com' }],
    [['--no-audience'], { audience: null }],
    [['--any-app'], { apps: null }],
    [['--no-read-only'], { read_only: false }],
    [['--allow-all'], { allow: null }],
    [['--gitlab', 'acme/api', '--ref', 'main'], gitLab({ ref: 'main', ref_type: 'branch' })],
  ])('changes with %j only what it names', async (argv, changed) => {
    await edit(...everything);
    expect(await edit(...argv)).toMatchObject({ code: 0, stderr: 'Changed the trust deploy.\n' });
    expect(await shown()).toMatchObject({ ...edited, ...changed });
  });

  it('finds the trust by its ID', async () => {
    const { id } = await shown();
    expect((await run('edit', id, '--ttl', '5m', '--json')).code).toBe(0);
    expect((await shown(id.toUpperCase())).ttl).toBe(300);
    expect((await run('edit', cli.app.root.id, '--ttl', '5m')).code).toBe(3);
  });

  it('prefers the trust of this name to the one with this ID', async () => {
    const { id } = await shown();
    await run('create', id, '-s', 'ci', '--github', 'acme/web', '--ref', 'main');
    expect((await shown(id)).name).toBe(id);
  });

  it('warns if every branch of a repository is trusted', async () => {
    expect((await edit('--github', 'acme/api')).stderr).toContain('Every workflow of acme/api may get a token');
  });

  it.each([
    [[], 'There is nothing to change.'],
    [['--ttl', '61m'], 'Use a duration from 1m to 60m'],
    [['--ttl', '59s'], 'Use a duration from 1m to 60m'],
    [['--claim', 'sub'], 'Write --claim as NAME=TEXT'],
    [['--app', 'builds', '--any-app'], 'cannot be used with'],
    [['--allow', 'GET /', '--allow-all'], 'cannot be used with'],
    [['--github', 'acme/api', '--gitlab', 'acme/api'], 'cannot be used with'],
    [['--ref', 'main'], '--ref needs --github or --gitlab'],
    [['-s', 'nobody'], 'There is no service account "nobody". Add it with'],
    [['--app', 'nothing'], 'nothing'],
  ])('rejects %j with exit code 2', async (argv, why) => {
    const before = await shown();
    const { code, stderr } = await edit(...argv);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    expect(await shown()).toEqual(before);
  });

  it('is for superusers', async () => {
    expect((await cli.run(['trusts', 'edit', 'deploy', '--ttl', '5m'], cli.as(cli.app.dev))).code).toBe(3);
  });
});

it('lists and shows trusts, and deletes one after a question', async () => {
  await create('--github', 'acme/api', '--ref', 'main');
  const list = await run('list');
  expect(list.stdout).toContain('deploy');
  expect(list.stdout).toContain('repository=acme/api');
  const show = await run('show', 'deploy');
  expect(show.stdout).toContain('the public URL of the server');
  expect(show.stdout).toContain('ref=refs/heads/main');
  expect((await run('show', 'none')).code).toBe(3);
  const asked = { ...cli.as(cli.app.root), answers: [false] };
  expect((await cli.run(['trusts', 'delete', 'deploy'], asked)).code).toBe(130);
  expect((await shown()).name).toBe('deploy');
  expect((await run('delete', 'deploy', '--yes')).stderr).toContain('Deleted the trust deploy.');
  expect((await run('show', 'deploy')).code).toBe(3);
});

it('shows an auditor every trust, and lets them change none', async () => {
  const auditor = cli.as(await cli.app.addMember({ email: 'auditor@example.com', auditor: true }));
  await create('--github', 'acme/api');
  const read = (...argv: string[]) => cli.run(['trusts', ...argv], auditor);
  for (const argv of [['list'], ['list', '--json'], ['show', 'deploy'], ['show', 'deploy', '--json']]) {
    expect(await read(...argv)).toEqual(await run(...argv));
  }
  expect((await read('list')).stdout).toContain('deploy\tci\t');
  expect(await read('edit', 'deploy', '--ttl', '1m')).toMatchObject({ code: 4, stdout: '' });
  expect(await read('delete', 'deploy', '--yes')).toMatchObject({ code: 4, stdout: '' });
});
