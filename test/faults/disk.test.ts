import { afterEach, describe, expect, it } from 'vitest';
import { Canaries } from '../attacks/secrets/canaries.ts';
import { type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, superuser } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { canMount, type Disk, openDisk } from '../helpers/faults/disks.ts';
import { watchVerification } from '../helpers/faults/watch.ts';

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Scene {
  disk: Disk;
  daemon: Daemon;
  root: Client;
  /** A member without the permission to create tokens. */
  member: { id: string; email: string };
  active: { id: string; token: string };
  revoked: { token: string };
}

async function daemonOn(mount: string, env?: Record<string, string>): Promise<Scene> {
  const disk = await openDisk(mount);
  cleanups.push(() => disk.remove());
  const daemon = await disk.serve(env);
  cleanups.push(() => daemon.stop('SIGKILL'));
  const root = await signIn(daemon.url, superuser);
  const active = await root.createToken('active');
  const revoked = await root.createToken('revoked');
  await root.request('DELETE', `/tokens/${revoked.id}`);
  const added = await root.request('POST', '/users', { email: 'member@example.com' });
  const member = (await added.json()) as Scene['member'];
  return { disk, daemon, root, member, active, revoked };
}

/** Sends one request for each kind of change. */
async function changes({ daemon, root, member, active }: Scene): Promise<Response[]> {
  const { email: username, password } = superuser;
  const json = { 'Content-Type': 'application/json' };
  return [
    await root.request('POST', '/tokens', { name: 'new' }),
    await root.request('DELETE', `/tokens/${active.id}`),
    await root.request('PATCH', `/users/${member.id}`, { can_manage_tokens: true }),
    await root.request('PATCH', `/users/${member.id}`, { disabled: true }),
    await root.request('POST', '/users', { email: 'new-member@example.com' }),
    await root.request('POST', '/clients', { name: 'new' }),
    await root.request('POST', '/sessions', { email: username, password }),
    await fetch(`${daemon.url}/api-token-auth/`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ username, password }),
    }),
  ];
}

/** Returns everything that the API shows about tokens, members, OAuth clients and audit events. */
async function readAll({ root }: Scene): Promise<unknown> {
  const lists = ['/tokens?all=true', '/users', '/clients', '/audit'];
  const read = await Promise.all(lists.map(async (path) => (await root.request('GET', path)).text()));
  return read.map((text) => text.replace(/"last_(used|seen)(_at)?":(\{[^}]*\}|"[^"]*"|null)/g, '""'));
}

async function lastPath({ root, active }: Scene): Promise<string | null> {
  const read = (await (await root.request('GET', `/tokens/${active.id}`)).json()) as {
    last_used: { path: string } | null;
  };
  return read.last_used?.path ?? null;
}

const use = ({ daemon, active }: Scene, path: string) =>
  verify(daemon.url, active.token, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path });

describe.skipIf(!canMount())('a daemon whose disk is full', () => {
  const small = 'mount -t tmpfs -o size=8m,mode=0755 tokens-test "$0"';

  it('keeps verifying, rejects every change with 507 and without a trace, and recovers without a restart', async () => {
    const scene = await daemonOn(small);
    const { disk, daemon, root, active, revoked } = scene;
    const watch = await watchVerification(daemon.url, { active: [active.token], rejected: [revoked.token] });
    const before = await readAll(scene);

    disk.fill();
    for (const response of await changes(scene)) {
      expect([response.status, response.headers.get('content-type')]).toEqual([507, 'application/problem+json']);
      expect(await response.json()).toMatchObject({
        code: 'storage-full',
        detail: 'The database has no space left, so nothing was changed.',
      });
    }
    expect(await readAll(scene)).toEqual(before);
    expect((await use(scene, '/while-full')).status).toBe(200);
    // Long enough for a flush of the last uses to fail.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await lastPath(scene)).not.toBe('/while-full');
    // Still ready, because the node can verify tokens.
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);

    disk.free();
    const created = await root.createToken('new');
    expect((await verify(daemon.url, created.token)).status).toBe(200);
    const report = await watch.stop();
    expect(report).toMatchObject({ wrong: [] });
    expect(report.responses).toBeGreaterThan(100);
    expect((await root.request('DELETE', `/tokens/${created.id}`)).status).toBe(204);
    expect((await verify(daemon.url, created.token)).status).toBe(401);
    expect(await daemon.stop()).toBe(0);
    expect(await disk.integrity()).toBe('ok');
  });

  it('writes pending last uses once there is space, and reports at shutdown if there is none', async () => {
    const scene = await daemonOn(small);
    const { disk, daemon } = scene;
    disk.fill();
    expect((await use(scene, '/pending')).status).toBe(200);
    await eventually(() => daemon.stderr().includes('"job":"flush-last-used"'), 'a flush to fail');
    disk.free();
    await eventually(async () => (await lastPath(scene)) === '/pending', 'the last use to be written');

    disk.fill();
    expect((await use(scene, '/lost')).status).toBe(200);
    expect(await daemon.stop()).toBe(1);
    expect(daemon.stderr()).toContain('The database is out of space (tokens.recordUses: SQLITE_FULL).');
    disk.free();
    expect(await disk.integrity()).toBe('ok');
  });

  it('returns no value that was not stored while the disk fills up, even if it is killed then', async () => {
    const scene = await daemonOn(small);
    const { disk, daemon, root } = scene;
    const returned: string[] = [];
    const rejected: string[] = [];
    const create = async (worker: number) => {
      for (let number = 0; rejected.length < 40; number += 1) {
        const name = `${worker}-${number}`;
        const response = await root.request('POST', '/tokens', { name, description: 'x'.repeat(200) });
        const body = (await response.json()) as { token?: string };
        expect([201, 507]).toContain(response.status);
        if (response.status === 201) returned.push(body.token ?? '');
        else rejected.push(name);
        expect(body.token === undefined).toBe(response.status === 507);
      }
    };
    disk.fill(3 * 1024 * 1024);
    await Promise.all([0, 1, 2, 3].map(create));
    expect(returned.length).toBeGreaterThan(10);
    for (const value of returned) expect((await verify(daemon.url, value)).status).toBe(200);

    await daemon.stop('SIGKILL');
    disk.free();
    const again = await disk.serve();
    cleanups.push(() => again.stop('SIGKILL'));
    for (const value of returned) expect((await verify(again.url, value)).status).toBe(200);
    const list = await (await (await signIn(again.url, superuser)).request('GET', '/tokens?limit=200')).json();
    const names = (list as { items: Array<{ name: string }> }).items.map(({ name }) => name);
    expect(names.filter((name) => rejected.includes(name))).toEqual([]);
    expect(await again.stop()).toBe(0);
    expect(await disk.integrity()).toBe('ok');
  });

  it('logs no secret of a failed change, even at debug level', async () => {
    const scene = await daemonOn(small, { TOKENSD_LOG_LEVEL: 'debug' });
    const { disk, daemon, root, active } = scene;
    const canaries = new Canaries();
    canaries.add('session', root.session);
    canaries.add('token', active.token);
    canaries.add('password', superuser.password);
    disk.fill();
    expect((await use(scene, `/builds?token=${active.token}`)).status).toBe(200);
    for (const { status } of await changes(scene)) expect(status).toBe(507);
    const added = { email: 'new@example.com', password: canaries.add('password of another', 'canary of another 5e2') };
    expect((await root.request('POST', '/users', added)).status).toBe(507);
    await eventually(() => daemon.stderr().includes('"job":"flush-last-used"'), 'a flush to fail');
    expect(daemon.stderr()).toContain('The database is out of space');
    expect(daemon.stderr()).toContain('"level":"debug"');
    expect(canaries.foundIn(daemon.stderr())).toEqual([]);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('starts again after %s, and verifies tokens', async (signal) => {
    const scene = await daemonOn(small);
    const { disk, daemon, active, revoked } = scene;
    if (signal === 'SIGTERM') disk.fill();
    await daemon.stop(signal);
    disk.fill();
    const again = await disk.serve();
    cleanups.push(() => again.stop('SIGKILL'));
    expect((await verify(again.url, active.token)).status).toBe(200);
    expect((await verify(again.url, revoked.token)).status).toBe(401);
    disk.free();
    expect((await (await signIn(again.url, superuser)).createToken('new')).token).toMatch(/^tok_/);
    expect(await again.stop()).toBe(0);
    expect(await disk.integrity()).toBe('ok');
  });

  it('names the full disk if there is no room even to open the database', async () => {
    const { disk, daemon } = await daemonOn(small);
    expect(await daemon.stop()).toBe(0);
    await disk.run('rm "$0"/tokens.db-wal "$0"/tokens.db-shm');
    disk.fill();
    await expect(disk.serve()).rejects.toThrow(
      /Cannot open .*tokens\.db as a SQLite database \(SQLITE_\w+\)\. The disk is full; free some space\./,
    );
  });

  it('says how systemd lets it write if its file system is read-only', async () => {
    const { disk, daemon } = await daemonOn(small);
    expect(await daemon.stop()).toBe(0);
    await disk.run('mount -o remount,ro "$0"');
    await expect(disk.serve()).rejects.toThrow(
      /tokens\.db\.lock \(EROFS\)\. Its file system is read-only\. .* add ReadWritePaths=\S+ to the unit/,
    );
  });
});

describe.skipIf(!canMount('mkfs.ext4', 'losetup'))('a daemon whose disk became read-only', () => {
  const image =
    'truncate -s 32M "$0.img"; mkfs.ext4 -q "$0.img"; mount -o loop,errors=remount-ro "$0.img" "$0"; rm "$0.img"';
  const breakDisk = 'echo broken > /sys/fs/ext4/$(basename $(findmnt -no SOURCE "$0"))/trigger_fs_error';

  it('keeps verifying, rejects every change with 503, and has all data when restarted on the repaired disk', async () => {
    const scene = await daemonOn(image);
    const { disk, daemon, active, revoked } = scene;
    const watch = await watchVerification(daemon.url, { active: [active.token], rejected: [revoked.token] });
    const before = await readAll(scene);
    await disk.run(breakDisk);
    for (const response of await changes(scene)) {
      expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
      expect(await response.json()).toMatchObject({ code: 'unavailable' });
    }
    expect(await readAll(scene)).toEqual(before);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
    const report = await watch.stop();
    expect(report).toMatchObject({ wrong: [] });
    expect(report.responses).toBeGreaterThan(100);
    await daemon.stop();

    await disk.run(
      'device=$(findmnt -no SOURCE "$0"); exec 3<$device; umount "$0"; fsck.ext4 -fy $device || true; mount $device "$0"',
    );
    expect(await disk.integrity()).toBe('ok');
    const again = await disk.serve();
    cleanups.push(() => again.stop('SIGKILL'));
    const root = await signIn(again.url, superuser);
    expect((await verify(again.url, active.token)).status).toBe(200);
    expect((await verify(again.url, revoked.token)).status).toBe(401);
    const created = await root.createToken('new');
    expect((await verify(again.url, created.token)).status).toBe(200);
  });
});
