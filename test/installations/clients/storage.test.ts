import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientHome } from '../../helpers/gate/client-programs.ts';
import { describeClient } from '../../helpers/gate/documented/client.ts';
import { startServerProgram } from '../../helpers/gate/documented/server-program.ts';

/** Serves an empty directory with rclone. */
async function serveWithRclone(home: ClientHome, protocol: 'webdav' | 'restic', options: string[]) {
  await mkdir(join(home.directory, 'files'));
  await home.write('files/hello.txt', 'hello\n');
  return startServerProgram(home, 'rclone', (port) => {
    return ['serve', protocol, 'files', `--addr=127.0.0.1:${port}`, ...options];
  });
}

describeClient('rclone', {
  parts: ['rclone'],
  serve: (home) => serveWithRclone(home, 'webdav', ['--baseurl=/dav']),
  async prepare({ home, recipe }) {
    await mkdir(join(home.directory, '.config/rclone'), { recursive: true });
    await home.write('.config/rclone/rclone.conf', recipe('rclone'));
  },
  use: ({ run }) => run('rclone', ['cat', 'api:hello.txt', '--retries=1', '--low-level-retries=1']),
  lastUse: { method: 'GET', path: '/dav/hello.txt' },
});

describeClient('restic', {
  parts: ['restic', 'rclone'],
  serve: (home) => serveWithRclone(home, 'restic', []),
  async prepare({ home, recipe, run }) {
    await home.write('repository.txt', recipe('restic-repository'));
    await home.write('password.txt', 'the password of the repository');
    const env = { RESTIC_PASSWORD_FILE: 'password.txt', RESTIC_REPOSITORY_FILE: 'repository.txt' };
    await run('restic', ['init', '--no-cache'], env);
  },
  use: ({ recipe, run }) => {
    const command = `${recipe('restic').trim()} --no-cache --no-lock`;
    return run('sh', ['-c', command], { RESTIC_PASSWORD_FILE: 'password.txt' });
  },
  lastUse: { method: 'GET', path: /^\/backup\// },
});

describeClient('Mercurial', {
  parts: ['hg'],
  async serve(home) {
    execFileSync('hg', ['init', 'repository'], { cwd: home.directory });
    return startServerProgram(home, 'hg', (port) => {
      return ['serve', '-R', 'repository', '--address=127.0.0.1', `--port=${port}`, '--prefix=hg'];
    });
  },
  prepare: ({ home, recipe }) => home.write('.hgrc', recipe('mercurial')),
  use: ({ url, run }) => run('hg', ['identify', '--noninteractive', `${url}/hg`]),
  lastUse: { method: 'GET', path: '/hg' },
});

describeClient('davfs2', {
  parts: ['mount.davfs', 'rclone', 'unshare', 'root'],
  serve: (home) => serveWithRclone(home, 'webdav', ['--baseurl=/dav']),
  async prepare({ home, recipe }) {
    await mkdir(join(home.directory, 'mnt'), { recursive: true });
    await home.write('secrets', recipe('davfs2-secrets'));
    await home.write('davfs2.conf', `secrets ${home.directory}/secrets\nask_auth 0\nuse_locks 0\n`);
  },
  use: ({ home, recipe, run }) => {
    const mount = recipe('davfs2')
      .trim()
      .replace('/mnt/api', `${home.directory}/mnt -o conf=${home.directory}/davfs2.conf`);
    return run('unshare', ['--mount', 'sh', '-c', `${mount} && cat mnt/hello.txt; code=$?; umount mnt; exit $code`]);
  },
  lastUse: { method: 'GET', path: '/dav/hello.txt' },
});
