import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, password, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';
import { acting, printing, reading } from '../../helpers/cli/commands.ts';
import { openExchange } from '../../helpers/exchange/exchange-world.ts';
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
  /** `OUTPUT` stands for what the last line before printed. */
  stdin?: string;
  /** Prepares the world after the lines before. */
  prepare?: () => Promise<Prepared>;
}

/** Words of the command line to replace, and further surroundings. */
interface Prepared {
  words?: Record<string, string>;
  surroundings?: Surroundings;
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

/** By command, with an option if another example of the command has none. */
const examples: Record<string, Example> = {
  // Advice about a token that never expires is for people.
  create: { argv: ['create', 'ci'] },
  'create --store': { argv: ['create', 'ci', '--store', '--no-print'] },
  'create --canary': { argv: ['create', 'ci', '--canary'] },
  rotate: { argv: ['rotate', 'ci'], before: token },
  'rotate --overlap': { argv: ['rotate', 'ci', '--overlap', '0'], before: token },
  suggest: { argv: ['suggest', 'ci', '--apply', '--force'], before: token, prepare: useOnce },
  'revoke --stdin': { argv: ['revoke', '--stdin', '--yes'], before: [['create', 'ci']], stdin: 'OUTPUT' },
  'revoke --status': { argv: ['revoke', '--status', 'paused', '--yes'], before: [...token, ['pause', 'ci']] },
  'users add --file': { argv: ['users', 'add', '--file', '-'], stdin: 'email\neve@example.com\n' },
  apply: { argv: ['apply', '-f', '-'], stdin: 'apps: [{ name: wiki }]\nclients: [{ name: gateway }]\n' },
  'apply --prune': { argv: ['apply', '-f', '-', '--prune', '--yes'], before: app, stdin: 'apps: []\n' },
  'clients create': { argv: client[0] as string[] },
  'clients rotate': { argv: ['clients', 'rotate', 'gateway'], before: client },
  'webhooks create': { argv: hook[0] as string[] },
  'webhooks rotate-secret': { argv: ['webhooks', 'rotate-secret', hookUrl], before: hook },
  exchange: { argv: ['exchange', '--trust', 'deploy'], prepare: openJob },
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
  'webhooks test': { argv: ['webhooks', 'test', 'HOOK'], prepare: openHook },
  'webhooks retry': { argv: ['webhooks', 'retry', 'HOOK', 'DELIVERY'], prepare: openHook },
  'servers use': { argv: ['servers', 'use', serverUrl], before: [signIn] },
  'servers remove': { argv: ['servers', 'remove', serverUrl], before: [signIn] },
};

/** Prepares a webhook with a receiver, to which the worker sends while the command waits. */
async function openHook(): Promise<Prepared> {
  const receiver = await startReceiver(answerStatus(204));
  const worker = createWorker(cli.app);
  onTestFinished(async () => {
    await worker.close();
    await receiver.close();
  });
  const { id } = await addHook(cli.app, { url: receiver.url, events: ['token.*'] });
  await createToken(cli.app, cli.app.dev, { name: 'seen' });
  const listed = await cli.run(['webhooks', 'deliveries', id, '--json'], cli.as(cli.app.root));
  const words = { HOOK: id, DELIVERY: JSON.parse(listed.stdout)[0].id as string };
  return { words, surroundings: { sleep: async () => void (await worker.run()) } };
}

/** Uses the token once, so that rules can be suggested. */
async function useOnce(): Promise<Prepared> {
  const { services, clock } = cli.app;
  const [id] = await cli.app.store.tokens.idsByName('ci', 1);
  const request = { peer: '127.0.0.1', forwardedFor: '203.0.113.9', userAgent: null, appId: null, wouldDeny: null };
  services.useCounter.allowed(id ?? '', clock.now(), { ...request, method: 'GET', target: '/' }, 1, clock.now());
  await services.recordUsage.flush();
  return {};
}

/** Prepares a trust, and a job whose identity token it admits. */
async function openJob(): Promise<Prepared> {
  const world = await openExchange();
  onTestFinished(world.close);
  await world.addTrust();
  const env = { TOKENS_SERVER: serverUrl, TOKENS_ID_TOKEN: await world.signed() };
  return { surroundings: { fetch: appFetch(world.app), env } };
}

/** The identity at the provider that `users unbind` removes. */
const bindDev = () =>
  cli.app.store.users.setIdentity(cli.app.dev.id, { issuer: 'https://sso.example.com', subject: 'dev' });

const everyCommand = [...acting, ...printing];

describe('a script', () => {
  it('has an example for every command that can change something', () => {
    const shown = Object.keys(examples).map((name) => name.replace(/ --.*$/, ''));
    expect([...new Set(shown)].sort()).toEqual(everyCommand.filter((path) => !reading.includes(path)).sort());
    expect(everyCommand).toEqual(expect.arrayContaining(reading));
  });

  it.each(Object.keys(examples))('reads nothing on stderr if `tokens %s` succeeds', async (name) => {
    const { argv, before = [], stdin = password, prepare } = examples[name] as Example;
    await bindDev();
    const actor = name === 'password' ? cli.app.dev : cli.app.root;
    const isLocal = name === 'login' || name === 'logout' || name.startsWith('servers ');
    const surroundings = { ...(isLocal ? {} : cli.as(actor)), runCommand: async () => 0 };
    let output = '';
    for (const line of before) {
      const ran = await cli.run(line, { ...surroundings, stdin: password });
      expect(ran.code, ran.stderr).toBe(0);
      output = ran.stdout;
    }
    const prepared = await prepare?.();
    const words = new Map(Object.entries(prepared?.words ?? {}));
    const line = argv.map((word) => words.get(word) ?? word.replace('DIRECTORY', directory));
    const input = stdin === 'OUTPUT' ? output : stdin;
    const ran = await cli.run(line, { ...surroundings, stdin: input, ...prepared?.surroundings });
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
  it('reads a confirmation and advice', async () => {
    const root = { ...cli.as(cli.app.root), stderrIsTTY: true };
    expect((await cli.run(['apps', 'create', 'wiki'], root)).stderr).toMatch(/^Registered wiki\. Name it in/);
    expect((await cli.run(['apps', 'create', 'docs', '--json'], root)).stderr).toBe('');
  });
});
