import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DebianMachine } from '../../helpers/packages/debian-machine.ts';

const project = join(import.meta.dirname, '..', '..', '..');
const password = 'correct horse battery staple';

/** Describes what happens to the package from its installation to its end. */
export function describeLife(machineOf: () => DebianMachine, { whileInstalled }: { whileInstalled(): void }): void {
  let token: string;

  it('installs without questions, with a user of its own and settings that only it and root can read', async () => {
    const { root, packages, install, timed } = machineOf();
    const output = await timed('apt install', () => install(packages.current));
    expect(output).toContain('As root, create the first superuser with: tokensd init');
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

  it('starts the service at once, and enables it at boot', async () => {
    const { root, systemctlCalls } = machineOf();
    expect(await systemctlCalls()).toMatch(/ start tokensd\.service$/m);
    const link = '/etc/systemd/system/multi-user.target.wants/tokensd.service';
    expect(await root.expectSuccess(`readlink ${link}`)).toMatch(/\/lib\/systemd\/system\/tokensd\.service\n$/);
  });

  it('hides the settings from a proxy in the group of its sockets', async () => {
    const { root } = machineOf();
    await root.expectSuccess('usermod --append --groups tokensd www-data');
    const read = await root.run('setpriv --reuid=www-data --regid=www-data --init-groups cat /etc/default/tokensd');
    expect(read).toMatchObject({ code: 1, stdout: '' });
  });

  it('lets root create the first superuser, and leaves no file of root', async () => {
    const { root, timed } = machineOf();
    await timed('tokensd init', () => createSuperuser(machineOf()));
    expect(await root.expectSuccess('ls /var/lib/tokensd')).toContain('tokens.db');
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd')).toBe('');
    expect(await root.expectSuccess('ls -A /root')).not.toMatch(/\.local|\.config/);
  });

  it('starts as the unit says, with the settings of /etc/default/tokensd', async () => {
    const { root, ports, timed, startService } = machineOf();
    await changeSettings(machineOf());
    expect(await root.expectSuccess('tokensd config')).toContain(`TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}\n`);
    await timed('start', startService);
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd')).toBe('');
  });

  it('verifies through nginx from Debian a token that a person of the machine created', async () => {
    const { root, ports, timed, ask, startNginx } = machineOf();
    await root.expectSuccess('useradd --create-home ada');
    token = await timed('login and create', () => createToken(machineOf()));
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
    await startNginx();
    expect(await timed('verify', () => ask(token))).toEqual([200, 'hello']);
    expect((await ask(`${token}x`))[0]).toBe(401);
  });

  whileInstalled();

  it('backs up and restores as the documentation says', async () => {
    const { root, ask, startService, stopService, systemctlCalls } = machineOf();
    const backup = await documentedCommands('tokensd backup');
    await root.expectSuccess(backup);
    const later = await createToken(machineOf(), 'later');
    expect((await ask(later))[0]).toBe(200);
    expect(await stopService()).toBe(0);
    await systemctlCalls();
    const today = (await root.expectSuccess('date +%F')).trim();
    await root.expectSuccess((await documentedCommands('tokensd restore')).replaceAll(/\d{4}-\d\d-\d\d/g, today));
    expect(await systemctlCalls()).toMatch(/^stop tokensd\n(?:show .*\n)*start tokensd\n$/);
    await startService();
    expect([(await ask(token))[0], (await ask(later))[0]]).toEqual([200, 401]);
    expect(await root.expectSuccess('find /var/lib/tokensd ! -user tokensd')).toBe('');
  });

  it('upgrades with its data and the changed settings, and restarts the service', async () => {
    const { root, ports, packages, install, timed, systemctlCalls, ask, startService, stopService } = machineOf();
    const settings = join(root.path, 'etc/default/tokensd');
    const before = await stat(settings);
    await timed('upgrade', () => install(packages.next));
    expect(await systemctlCalls()).toMatch(/ restart tokensd\.service$/m);
    expect(await root.read('/etc/default/tokensd')).toContain(`TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}\n`);
    const kept = await stat(settings);
    expect([kept.mode, kept.uid, kept.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(await stopService()).toBe(0);
    await startService();
    expect(await ask(token)).toEqual([200, 'hello']);
  });

  it('stops when it is removed, with its settings and data kept, and keeps only the data when it is purged', async () => {
    const { root, timed, stopService, systemctlCalls } = machineOf();
    expect(await stopService()).toBe(0);
    await root.expectSuccess('apt-get remove -q -y tokensd');
    expect(await systemctlCalls()).toMatch(/\bstop tokensd\.service$/m);
    await root.expectSuccess('test -e /etc/default/tokensd; test -e /var/lib/tokensd/tokens.db; ! command -v tokensd');
    const output = await timed('apt purge', () => root.expectSuccess('apt-get purge -q -y tokensd'));
    for (const directory of ['/var/lib/tokensd', '/var/backups/tokensd', '/var/log/tokensd', '/etc/tokensd'])
      expect(output).toContain(directory);
    await root.expectSuccess(
      'test ! -e /etc/default/tokensd; test -e /var/lib/tokensd/tokens.db; test ! -e /usr/lib/tokensd; test -e /var/backups/tokensd/now.db',
    );
    expect(await root.expectSuccess('find / -xdev -name "*tokensd*.service"')).toBe('');
  });
}

/** Describes the package without Node.js, on the machine from which the other one was purged. */
export function describeDebianNode(machineOf: () => DebianMachine): void {
  it('runs on the Node.js of Debian, too, and warns about data of another user', async () => {
    const { root, packages, install, startService, stopService, ask } = machineOf();
    await root.expectSuccess('mv /var/lib/tokensd /root/old; install -d -o www-data /var/lib/tokensd');
    const output = await install(packages.withDebianNode);
    const [, command = ''] = /belongs to another user\..* and run: (.*)/.exec(output) ?? [];
    await root.expectSuccess(command);
    expect(await root.expectSuccess('readlink -f /usr/lib/tokensd/bin/node; stat -c %U /var/lib/tokensd')).toBe(
      '/usr/bin/node\ntokensd\n',
    );
    await createSuperuser(machineOf());
    await changeSettings(machineOf());
    await startService();
    expect(await ask(await createToken(machineOf()))).toEqual([200, 'hello']);
    expect(await stopService()).toBe(0);
  });
}

function createSuperuser({ root }: DebianMachine): Promise<string> {
  const command = 'cd /root; tokensd init --email root@example.com --name Root --password-stdin';
  return root.expectSuccess(command, { input: password });
}

/** Lets the daemon listen on a free port, with a setting of its own in the file. */
async function changeSettings({ root, ports }: DebianMachine): Promise<void> {
  const changed = (await root.read('/etc/default/tokensd'))
    .replace('#TOKENSD_LISTEN=127.0.0.1:8420', `TOKENSD_LISTEN=127.0.0.1:${ports.tokensd}`)
    .replace('#TOKENSD_ORGANIZATION=', 'TOKENSD_ORGANIZATION=');
  await writeFile(join(root.path, 'etc/default/tokensd'), changed);
}

/** Signs in as a person of the machine, and returns the value of a new token. */
async function createToken({ root, ports }: DebianMachine, name = 'ci'): Promise<string> {
  const created = await root.expectSuccess(
    `tokens login http://127.0.0.1:${ports.tokensd} --email root@example.com --password-stdin --credential-store file; tokens create ${name} --expires 90d`,
    { input: password, user: 'ada' },
  );
  return /tok_\w+/.exec(created)?.[0] ?? '';
}

/** Returns the commands in the part about Debian of docs/install.md whose block contains a text. */
async function documentedCommands(text: string): Promise<string> {
  const page = await readFile(join(project, 'docs/install.md'), 'utf8');
  const part = page.slice(page.indexOf('\n## Debian'), page.indexOf('\n## npm'));
  const blocks = [...part.matchAll(/^```\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => block.includes(text));
  if (found === undefined) throw new Error(`No commands with ${text} in docs/install.md.`);
  return found;
}
