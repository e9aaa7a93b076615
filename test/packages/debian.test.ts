import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../helpers/daemon/daemon.ts';
import { acceptsConnections, eventually } from '../helpers/daemon/process.ts';
import { buildPackage, nextVersion } from '../helpers/packages/debian-package.ts';
import { type DebianRoot, openDebianRoot, type Started } from '../helpers/packages/debian-root.ts';
import { readService } from '../helpers/packages/unit.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const isPossible = hasRealParts('root', 'debootstrap', 'dh', 'dpkg-deb', 'unshare');
const password = 'correct horse battery staple';

let directory: string;
let packageOfThisVersion: string;
let packageOfNextVersion: string;
beforeAll(async () => {
  if (!isPossible) return;
  directory = await mkdtemp(join(tmpdir(), 'tokensd-packages-'));
  packageOfThisVersion = await buildPackage();
  packageOfNextVersion = await nextVersion(packageOfThisVersion, directory);
}, 300_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

// Debian 12 has Node.js 18, so the package brings its own.
describe.skipIf(!isPossible).each(['bookworm', 'trixie'] as const)('the Debian package on a bare %s', (release) => {
  let root: DebianRoot;
  let api: Server;
  let ports: { tokensd: number; nginx: number; api: number };
  let daemon: Started;
  let token: string;
  /** How long the steps took, in milliseconds, without downloads. */
  const times: Record<string, number> = {};

  beforeAll(async () => {
    root = await openDebianRoot(release);
    api = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(api, 'listening');
    ports = { tokensd: await freePort(), nginx: await freePort(), api: (api.address() as AddressInfo).port };
    await copyFile(packageOfThisVersion, join(root.path, 'tmp', basename(packageOfThisVersion)));
    await copyFile(packageOfNextVersion, join(root.path, 'tmp', basename(packageOfNextVersion)));
    await root.expectSuccess(
      `apt-get update -q; apt-get install -q -y --no-install-recommends nginx-light; apt-get install -q -y --download-only /tmp/${basename(packageOfThisVersion)}`,
    );
  }, 600_000);
  afterAll(async () => {
    await root?.remove();
    api?.close();
    process.stdout.write(
      `${release}: ${Object.entries(times)
        .map(([step, ms]) => `${step} ${ms} ms`)
        .join(', ')}\n`,
    );
  });

  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[step] = Math.round(performance.now() - start);
    return result;
  };
  // As unattended upgrades are told to. On a terminal, dpkg asks whether to keep changed settings, and keeps them by default.
  const install = (file: string) =>
    root.expectSuccess(`apt-get install -q -y -o Dpkg::Options::=--force-confold /tmp/${basename(file)}`);
  /** Starts the daemon as systemd would: the program, the user and the variables of the unit. */
  const startService = async () => {
    const { command, user, env } = readService(await root.read('/lib/systemd/system/tokensd.service'));
    daemon = root.start(command, { user, env });
    await eventually(() => daemon.output().includes('"msg":"listening"'), 'the daemon to listen');
  };
  const ask = async (value: string) => {
    const response = await fetch(`http://127.0.0.1:${ports.nginx}/`, { headers: { Authorization: `Token ${value}` } });
    return [response.status, response.ok ? await response.text() : ''];
  };

  it('installs without questions, with a user of its own and settings that only it and root can read', async () => {
    const output = await timed('apt install', () => install(packageOfThisVersion));
    expect(output).toContain('tokensd init');
    const facts = await root.expectSuccess(
      `stat -c '%A %U %G' /etc/default/tokensd /var/lib/tokensd; getent passwd tokensd; tokens --version; tokensd --version`,
    );
    expect(facts.split('\n')).toEqual([
      '-rw-r----- root tokensd-settings',
      'drwx------ tokensd tokensd',
      expect.stringMatching(/^tokensd:.*:\/var\/lib\/tokensd:\/usr\/sbin\/nologin$/),
      expect.stringMatching(/^\d+\.\d+\.\d+$/),
      expect.stringMatching(/^\d+\.\d+\.\d+$/),
      '',
    ]);
  });

  it('has manual pages, completions and a changelog', async () => {
    const files = ['man/man1/tokens-create.1.gz', 'doc/tokensd/changelog.gz', 'bash-completion/completions/tokens'];
    const shells = ['zsh/vendor-completions/_tokens', 'fish/vendor_completions.d/tokens.fish'];
    await root.expectSuccess([...files, ...shells].map((file) => `test -s /usr/share/${file}`).join('; '));
  });

  it('hides the settings from a proxy in the group of its sockets', async () => {
    await root.expectSuccess('usermod --append --groups tokensd www-data');
    const read = await root.run('setpriv --reuid=www-data --regid=www-data --init-groups cat /etc/default/tokensd');
    expect(read).toMatchObject({ code: 1, stdout: '' });
  });

  it('lets root create the first superuser, and leaves no file of root', async () => {
    await timed('tokensd init', () =>
      root.expectSuccess('cd /root; tokensd init --email root@example.com --name Root --password-stdin', {
        input: password,
      }),
    );
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd; ls /var/lib/tokensd')).toContain(
      'tokens.db',
    );
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd')).toBe('');
    expect(await root.expectSuccess('ls -A /root')).not.toMatch(/\.local|\.config/);
  });

  it('starts as the unit says, with the settings of /etc/default/tokensd', async () => {
    const changed = (await root.read('/etc/default/tokensd'))
      .replace('#TOKENSD_LISTEN=127.0.0.1:8420', `TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}`)
      .replace('#TOKENSD_ORGANIZATION=', 'TOKENSD_ORGANIZATION=');
    await writeFile(join(root.path, 'etc/default/tokensd'), changed);
    expect(await root.expectSuccess('tokensd config')).toContain(`TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}\n`);
    await timed('start', startService);
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd')).toBe('');
  });

  it('verifies through nginx from Debian a token that a person of the machine created', async () => {
    await root.expectSuccess('useradd --create-home ada');
    const created = await timed('login and create', () =>
      root.expectSuccess(
        `tokens login http://127.0.0.1:${ports.tokensd} --email root@example.com --password-stdin --credential-store file; tokens create ci --expires 90d`,
        { input: password, user: 'ada' },
      ),
    );
    token = /tok_\w+/.exec(created)?.[0] ?? '';
    await root.expectSuccess('tokens list', { user: 'ada' });
    const example = await root.read('/usr/share/doc/tokensd/examples/nginx.conf');
    await root.write(
      '/etc/nginx/conf.d/api.conf',
      example
        .replaceAll(':8420', `:${ports.tokensd}`)
        .replaceAll(':3000', `:${ports.api}`)
        .replace('listen 8080', `listen 127.0.0.1:${ports.nginx}`),
    );
    await root.expectSuccess('rm /etc/nginx/sites-enabled/default');
    root.start(['nginx', '-g', 'daemon off;'], { user: 'root', env: {} });
    await eventually(() => acceptsConnections(ports.nginx), 'nginx to listen');
    expect(await timed('verify', () => ask(token))).toEqual([200, 'hello']);
    expect((await ask(`${token}x`))[0]).toBe(401);
  });

  it('backs up for root into /var/backups/tokensd, and says which user may not write elsewhere', async () => {
    await root.expectSuccess('tokensd backup /var/backups/tokensd/now.db');
    expect(await root.expectSuccess('stat -c %U /var/backups/tokensd/now.db')).toBe('tokensd\n');
    const refused = await root.run('cd /root; tokensd backup now.db');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('Choose a directory in which the user tokensd may write.');
    expect(await root.expectSuccess('setpriv --reuid=tokensd --regid=tokensd --init-groups tokensd config')).toContain(
      `TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}\n`,
    );
    expect(await root.expectSuccess('tokensd users unlock root@example.com')).toContain('root@example.com');
  });

  it('upgrades with its data and the changed settings, and restarts the service', async () => {
    // Enough of systemd for the maintainer scripts: they ask only whether it runs.
    await mkdir(join(root.path, 'run/systemd/system'), { recursive: true });
    await root.write('/bin/systemctl', '#!/bin/sh\necho "$@" >>/tmp/systemctl.log\n', 0o755);
    const chmodded = await stat(join(root.path, 'etc/default/tokensd'));
    await timed('upgrade', () => install(packageOfNextVersion));
    await rm(join(root.path, 'run/systemd/system'), { recursive: true });
    expect(await root.read('/tmp/systemctl.log')).toMatch(/restart tokensd\.service/);
    expect(await root.read('/etc/default/tokensd')).toContain(`TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}\n`);
    const kept = await stat(join(root.path, 'etc/default/tokensd'));
    expect([kept.mode, kept.uid, kept.gid]).toEqual([chmodded.mode, chmodded.uid, chmodded.gid]);
    expect(await daemon.stop()).toBe(0);
    await startService();
    expect(await ask(token)).toEqual([200, 'hello']);
  });

  it('keeps settings and data when it is removed, and only the data when it is purged', async () => {
    expect(await daemon.stop()).toBe(0);
    await root.expectSuccess('apt-get remove -q -y tokensd');
    await root.expectSuccess('test -e /etc/default/tokensd; test -e /var/lib/tokensd/tokens.db; ! command -v tokensd');
    const output = await timed('apt purge', () => root.expectSuccess('apt-get purge -q -y tokensd'));
    expect(output).toContain('/var/lib/tokensd');
    await root.expectSuccess(
      'test ! -e /etc/default/tokensd; test -e /var/lib/tokensd/tokens.db; test ! -e /usr/lib/tokensd; test -e /var/backups/tokensd/now.db',
    );
    expect(await root.expectSuccess('find / -xdev -name "*tokensd*.service"')).toBe('');
  });

  it('takes less than a minute in all', () => {
    expect(Object.values(times).reduce((sum, ms) => sum + ms, 0)).toBeLessThan(60_000);
  });
});
