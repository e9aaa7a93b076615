import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  root = cli.as(cli.app.root);
});
afterEach(() => cli.close());

const errorOf = async (argv: string[], as: Surroundings) => {
  const { code, stdout, stderr } = await cli.run(argv, as);
  expect([code, stdout]).toEqual([3, '']);
  return stderr;
};

describe('an unknown name', () => {
  it('of a token suggests up to two close ones, and changes none of them', async () => {
    for (const name of ['ci-pipeline', 'ci-pipelines', 'ci-pipeline-of-eve', 'laptop']) {
      await createToken(cli.app, cli.app.dev, { name });
    }
    const before = await cli.app.store.tokens.findById((await list())[0].id);
    for (const command of ['show', 'rotate', 'pause', 'edit', 'revoke']) {
      const more = { edit: ['--description', 'x'], revoke: ['--yes'] }[command] ?? [];
      const stderr = await errorOf([command, 'ci-pipelin', ...more], dev);
      expect(stderr).toContain('There is no token "ci-pipelin". Did you mean ci-pipeline or ci-pipelines? Run');
    }
    expect(await cli.app.store.tokens.findById(before?.id ?? '')).toEqual(before);
    expect(await errorOf(['show', 'zzz'], dev)).not.toContain('Did you mean');
    expect(await errorOf(['show', ''], dev)).not.toContain('Did you mean');
  });

  it('of a member, an app, a service account or a client suggests close ones', async () => {
    for (const argv of [
      ['apps', 'create', 'grafana'],
      ['service-accounts', 'create', 'robot'],
      ['clients', 'create', 'gateway'],
    ]) {
      expect((await cli.run(argv, root)).code).toBe(0);
    }
    expect(await errorOf(['grant', 'dev@exmaple.com'], root)).toContain('Did you mean dev@example.com?');
    expect(await errorOf(['apps', 'show', 'grafan'], root)).toContain('Did you mean grafana?');
    expect(await errorOf(['service-accounts', 'show', 'robto'], root)).toContain('Did you mean robot?');
    expect(await errorOf(['clients', 'delete', 'gatewya', '--yes'], root)).toContain('Did you mean gateway?');
  });
});

const list = async () => JSON.parse((await cli.run(['list', '--json'], dev)).stdout);

describe('a token', () => {
  it('is found by its name, prefix and ID, and by the prefix of its old value', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'ci' });
    const old = (await list())[0].prefix;
    expect((await cli.run(['rotate', old, '--overlap', '1h'], dev)).code).toBe(0);
    const [{ id, prefix }] = await list();
    for (const text of ['ci', 'CI', prefix, old, id, id.toUpperCase()]) {
      expect(JSON.parse((await cli.run(['show', text, '--json'], dev)).stdout)).toMatchObject({ id });
    }
    expect((await cli.run(['edit', id, '--description', 'Builds'], dev)).code).toBe(0);
    expect((await cli.run(['pause', id], dev)).code).toBe(0);
    expect((await cli.run(['resume', old], dev)).code).toBe(0);
    expect((await cli.run(['revoke', id, '--yes'], dev)).code).toBe(0);
    expect(await list()).toEqual([]);
  });

  it('of another owner is found by its ID by superusers only', async () => {
    const { id } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
    const eve = await cli.app.addMember({ email: 'eve@example.com', can_manage_tokens: true });
    expect(await errorOf(['revoke', id, '--yes'], cli.as(eve))).toContain('There is no token');
    expect((await cli.run(['show', id], root)).stdout).toContain('dev@example.com');
    expect((await cli.run(['revoke', id, '--yes'], root)).code).toBe(0);
    expect(await list()).toEqual([]);
  });
});
