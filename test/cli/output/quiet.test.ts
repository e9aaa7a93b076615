import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp, password, serverUrl } from '../../helpers/cli/cli.ts';
import { acting } from '../../helpers/cli/commands.ts';
import { answerStatus, startReceiver } from '../../helpers/webhooks/receiver.ts';
import { addHook, createWorker } from '../../helpers/webhooks/worker.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let directory: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  directory = await mkdtemp(join(tmpdir(), 'tokens-quiet-'));
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true });
});

const member = 'eve@example.com';
const hookUrl = 'https://hooks.example.com/tokens';
const newPassword = 'another correct horse battery staple';

/** A command line that succeeds, the ones before it that make this possible, and what else it needs. */
interface Example {
  argv: string[];
  before?: string[][];
  stdin?: string;
}

const token = [['create', 'ci', '--expires', '90d']];
const account = [['service-accounts', 'create', 'robot', '--maintainer', 'root@example.com']];
const app = [['apps', 'create', 'grafana']];
const client = [['clients', 'create', 'gateway']];
const hook = [['webhooks', 'create', hookUrl, '--event', '*']];
const trust = [...account, ['trusts', 'create', 'deploy', '-s', 'robot', '--github', 'acme/api', '--ref', 'main']];
const invited = [['users', 'add', member, '--no-mail']];
const signIn = ['login', serverUrl, '--email', 'dev@example.com', '--password-stdin'];
const dev = 'dev@example.com';

const examples: Record<string, Example> = {
  edit: { argv: ['edit', 'ci', '--description', 'Builds'], before: token },
  pause: { argv: ['pause', 'ci'], before: token },
  resume: { argv: ['resume', 'ci'], before: [...token, ['pause', 'ci']] },
  revoke: { argv: ['revoke', 'ci', '--yes'], before: token },
  ensure: { argv: ['ensure', 'ci', '--out', 'DIRECTORY/token', '--expires', '30d'] },
  exec: { argv: ['exec', 'ci', '--', 'true'], before: [['create', 'ci', '--store', '--no-print']] },
  login: { argv: signIn, stdin: password },
  logout: { argv: ['logout'], before: [signIn] },
  'sessions end': { argv: ['sessions', 'end', '--others'] },
  password: { argv: ['password', '--password-stdin'], stdin: `${password}\n${newPassword}\n` },
  grant: { argv: ['grant', dev] },
  ungrant: { argv: ['ungrant', dev] },
  offboard: { argv: ['offboard', dev, '--yes'] },
  transfer: { argv: ['transfer', 'ci', '--to', 'robot'], before: [...token, ...account] },
  'users add': { argv: ['users', 'add', member] },
  'users invite': { argv: ['users', 'invite', member], before: invited },
  'users edit': { argv: ['users', 'edit', dev, '--name', 'Dev'] },
  'users delete': { argv: ['users', 'delete', dev, '--yes'], before: [['users', 'disable', dev]] },
  'users erase': { argv: ['users', 'erase', dev, '--yes'], before: [['users', 'disable', dev]] },
  'users disable': { argv: ['users', 'disable', dev] },
  'users enable': { argv: ['users', 'enable', dev], before: [['users', 'disable', dev]] },
  'users promote': { argv: ['users', 'promote', dev] },
  'users demote': { argv: ['users', 'demote', dev], before: [['users', 'promote', dev]] },
  'users reset-totp': { argv: ['users', 'reset-totp', dev, '--yes'] },
  'users unbind': { argv: ['users', 'unbind', dev, '--yes'] },
  'service-accounts create': { argv: account[0] as string[] },
  'service-accounts edit': { argv: ['service-accounts', 'edit', 'robot', '--description', 'CI'], before: account },
  'service-accounts disable': { argv: ['service-accounts', 'disable', 'robot'], before: account },
  'service-accounts enable': {
    argv: ['service-accounts', 'enable', 'robot'],
    before: [...account, ['service-accounts', 'disable', 'robot']],
  },
  'service-accounts delete': { argv: ['service-accounts', 'delete', 'robot', '--yes'], before: account },
  'apps create': { argv: ['apps', 'create', 'grafana', '--url', 'https://grafana.example.com'] },
  'apps edit': { argv: ['apps', 'edit', 'grafana', '--group', 'developers'], before: app },
  'apps delete': { argv: ['apps', 'delete', 'grafana', '--yes'], before: app },
  'clients edit': { argv: ['clients', 'edit', 'gateway', '--can-report'], before: client },
  'clients delete': { argv: ['clients', 'delete', 'gateway', '--yes'], before: client },
  'trusts create': { argv: trust[1] as string[], before: account },
  'trusts edit': { argv: ['trusts', 'edit', 'deploy', '--ttl', '5m'], before: trust },
  'trusts delete': { argv: ['trusts', 'delete', 'deploy', '--yes'], before: trust },
  'webhooks edit': { argv: ['webhooks', 'edit', hookUrl, '--disable'], before: hook },
  'webhooks delete': { argv: ['webhooks', 'delete', hookUrl, '--yes'], before: hook },
  'webhooks test': { argv: ['webhooks', 'test', 'HOOK'] },
  'webhooks retry': { argv: ['webhooks', 'retry', 'HOOK', 'DELIVERY'] },
  'servers use': { argv: ['servers', 'use', serverUrl], before: [signIn] },
  'servers remove': { argv: ['servers', 'remove', serverUrl], before: [signIn] },
};

/** Prepares a webhook with a receiver, to which the worker sends while the command waits. */
async function openHook() {
  const receiver = await startReceiver(answerStatus(204));
  const worker = createWorker(cli.app);
  onTestFinished(async () => {
    await worker.close();
    await receiver.close();
  });
  const { id } = await addHook(cli.app, { url: receiver.url, events: ['token.*'] });
  await createToken(cli.app, cli.app.dev, { name: 'seen' });
  const listed = await cli.run(['webhooks', 'deliveries', id, '--json'], cli.as(cli.app.root));
  return { HOOK: id, DELIVERY: JSON.parse(listed.stdout)[0].id as string, sleep: () => worker.run() };
}

describe('a script', () => {
  it('has an example for every acting command', () => {
    expect(Object.keys(examples).sort()).toEqual([...acting].sort());
  });

  it.each(acting)('reads nothing on stderr if `tokens %s` succeeds', async (path) => {
    const { argv, before = [], stdin = password } = examples[path] as Example;
    const { sleep, ...hookWords } = path.startsWith('webhooks ') ? await openHook() : { sleep: undefined };
    await cli.app.store.users.setIdentity(cli.app.dev.id, { issuer: 'https://sso.example.com', subject: 'dev' });
    const words = new Map(Object.entries(hookWords));
    const actor = path === 'password' ? cli.app.dev : cli.app.root;
    const isLocal = path === 'login' || path === 'logout' || path.startsWith('servers ');
    const surroundings = {
      ...(isLocal ? {} : cli.as(actor)),
      ...(sleep && { sleep: async () => void (await sleep()) }),
      runCommand: async () => 0,
    };
    for (const line of before) {
      const ran = await cli.run(line, { ...surroundings, stdin: password });
      expect(ran.code, ran.stderr).toBe(0);
    }
    const line = argv.map((word) => words.get(word) ?? word.replace('DIRECTORY', directory));
    const ran = await cli.run(line, { ...surroundings, stdin });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('reads warnings that something is wrong, on stderr', async () => {
    const { code, stderr } = await cli.run(['login', serverUrl, '--email', 'dev@example.com', '--password-stdin'], {
      stdin: password,
      env: { TOKENS_SESSION: cli.app.dev.session },
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^TOKENS_SESSION is set and overrides/)]);
  });
});

describe('a person at a terminal', () => {
  it('reads what was done, and advice', async () => {
    const root = { ...cli.as(cli.app.root), stderrIsTTY: true };
    expect((await cli.run(['apps', 'create', 'wiki'], root)).stderr).toMatch(/^Registered wiki\. Name it in/);
    expect((await cli.run(['apps', 'create', 'docs', '--json'], root)).stderr).toBe('');
  });
});
