import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome } from '../../helpers/cli/home.ts';
import { type Client, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { bareEnvironment, programCommand, runProgram } from '../../helpers/daemon/process.ts';
import { isFullLength } from '../../helpers/length.ts';

/** The size of the organization that the issue names, and a small one for every change of the code. */
const size = isFullLength
  ? { members: 1000, apps: 100, accounts: 200, trusts: 50, clients: 20, webhooks: 10 }
  : { members: 60, apps: 10, accounts: 20, trusts: 5, clients: 4, webhooks: 2 };
const kills = isFullLength ? 12 : 4;
const minutes = 60_000;

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let directory: string;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  directory = await mkdtemp(join(tmpdir(), 'tokens-apply-'));
  daemon = await startDaemon(prepared.dataDir, { TOKENSD_LOG_LEVEL: 'info' });
  root = await signIn(daemon.url, superuser);
});
afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove(), rm(directory, { recursive: true })]);
});

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

/** Returns a file whose names all begin with `prefix`. The superuser is in it, so that everything else may be pruned. */
function organization(prefix: string) {
  return {
    members: [
      { email: superuser.email, superuser: true },
      ...times(size.members, (index) => ({
        email: `${prefix}-${index}@example.com`,
        name: `Member ${index}`,
        can_manage_tokens: index % 2 === 0,
        groups: [`team-${index % 7}`],
      })),
    ],
    service_accounts: times(size.accounts, (index) => ({
      name: `${prefix}-account-${index}`,
      maintainers: [`${prefix}-${index % size.members}@example.com`],
    })),
    apps: times(size.apps, (index) => ({ name: `${prefix}-app-${index}`, hosts: [`${prefix}-${index}.example.com`] })),
    clients: times(size.clients, (index) => ({ name: `${prefix} client ${index}`, can_revoke: index % 2 === 0 })),
    trusts: times(size.trusts, (index) => ({
      name: `${prefix}-trust-${index}`,
      service_account: `${prefix}-account-${index}`,
      issuer: 'https://issuer.example.com',
      claims: { sub: `repo:acme/${prefix}-${index}` },
      apps: [`${prefix}-app-${index % size.apps}`],
    })),
    webhooks: times(size.webhooks, (index) => ({
      url: `https://hooks.example.com/${prefix}/${index}`,
      events: ['token.*'],
    })),
  };
}

async function write(name: string, content: object): Promise<string> {
  const path = join(directory, `${name}.json`);
  await writeFile(path, JSON.stringify(content, null, 2));
  return path;
}

const environment = () => ({ ...home.env, TOKENS_SERVER: daemon.url, TOKENS_SESSION: root.session });
const apply = (path: string, ...options: string[]) =>
  runProgram('tokens', ['apply', '--json', '-f', path, ...options], { env: environment() });
const report = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as { changes: object[]; applied: number };
const exported = async (): Promise<Record<string, { name?: string; email?: string; url?: string }[]>> =>
  JSON.parse((await runProgram('tokens', ['export', '--json'], { env: environment() })).stdout);

/** Starts the command, kills it after this time, and returns whether it was still running. */
async function killedAfter(path: string, milliseconds: number): Promise<boolean> {
  const [node, ...args] = programCommand('tokens', ['apply', '-f', path]);
  const child = spawn(node, args, { env: bareEnvironment(environment()), stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const [, signal] = await once(child, 'close');
  clearTimeout(timer);
  return signal === 'SIGKILL';
}

describe('tokens apply of a whole organization', () => {
  it(
    'plans it, creates it, and then finds nothing to change',
    async () => {
      const file = organization('size');
      const path = await write('size', file);
      const wanted = Object.values(file).reduce((sum, list) => sum + list.length, 0) - 1;
      const plan = report(await apply(path, '--dry-run'));
      expect({ changes: plan.changes.length, applied: plan.applied }).toEqual({ changes: wanted, applied: 0 });
      const before = performance.now();
      const first = await apply(path);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(report(first).applied).toBe(wanted);
      expect(performance.now() - before).toBeLessThan(2 * minutes);
      expect(await apply(path)).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
      const exportedFile = join(directory, 'exported.yaml');
      await runProgram('tokens', ['export', '-f', exportedFile], { env: environment() });
      expect(await readFile(exportedFile, 'utf8')).toContain('size-app-0');
      expect(await apply(exportedFile, '--prune')).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
    },
    10 * minutes,
  );

  it(
    'is finished by the next run, however often it was killed',
    async () => {
      const path = await write('killed', organization('killed'));
      const whole = performance.now();
      expect(await killedAfter(path, 300)).toBe(true);
      const reached = [];
      for (let turn = 1; turn <= kills; turn += 1) {
        if (!(await killedAfter(path, 250 + turn * 60))) break;
        reached.push(report(await apply(path, '--dry-run')).changes.length);
      }
      // Each run continues where the one before was killed.
      expect(reached).toEqual([...reached].sort((one, other) => other - one));
      expect(reached.length).toBeGreaterThan(0);
      expect(await apply(path)).toMatchObject({ code: 0, stderr: '' });
      expect(await apply(path)).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
      expect(performance.now() - whole).toBeLessThan(5 * minutes);
    },
    10 * minutes,
  );

  it(
    'does no harm if two runs do it at the same time',
    async () => {
      const file = organization('twice');
      const path = await write('twice', file);
      const both = await Promise.all([apply(path), apply(path)]);
      for (const { code, stderr } of both) {
        expect([0, 5]).toContain(code);
        if (code === 5)
          expect(stderr).toMatch(/"code":"(changed-meanwhile|name-taken|email-taken|host-taken|url-taken)"/);
      }
      expect(await apply(path)).toMatchObject({ code: 0 });
      expect(await apply(path)).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
      const now = await exported();
      for (const [section, list] of Object.entries(file)) {
        const names = list.map((object) =>
          'email' in object ? object.email : 'url' in object ? object.url : object.name,
        );
        const found = (now[section] ?? []).map(({ email, url, name }) => email ?? url ?? name);
        for (const name of names) expect(found.filter((one) => one === name)).toEqual([name]);
      }
    },
    10 * minutes,
  );
});
