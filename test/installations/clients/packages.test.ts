import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientHome } from '../../helpers/gate/client-programs.ts';
import { describeClient, type Given } from '../../helpers/gate/documented/client.ts';
import { serveFiles } from '../../helpers/gate/documented/files.ts';
import { writeNetrc } from '../../helpers/gate/documented/netrc.ts';

/** Serves one npm package, `hello`. */
async function serveNpm(home: ClientHome) {
  await mkdir(join(home.directory, 'package'));
  await home.write('package/package.json', JSON.stringify({ name: 'hello', version: '1.0.0' }));
  execFileSync('tar', ['-czf', 'hello.tgz', 'package'], { cwd: home.directory });
  const tarball = await readFile(join(home.directory, 'hello.tgz'));
  const shasum = createHash('sha1').update(tarball).digest('hex');
  const document = (url: string) => {
    const dist = { tarball: `${url}/npm/hello/-/hello-1.0.0.tgz`, shasum };
    return JSON.stringify({
      name: 'hello',
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': { name: 'hello', version: '1.0.0', dist } },
    });
  };
  return serveFiles({ '/npm/hello': document, '/npm/hello/-/hello-1.0.0.tgz': tarball });
}

/** Writes the settings and a package that depends on `hello`. */
const prepareNpm = (name: string) => async (given: Given) => {
  await given.home.write('.npmrc', given.recipe(name));
  await given.home.write('package.json', JSON.stringify({ name: 'app', dependencies: { hello: '1.0.0' } }));
};

const npmUse = { method: 'GET', path: '/npm/hello/-/hello-1.0.0.tgz' };

describeClient('npm', {
  parts: ['npm', 'tar'],
  serve: serveNpm,
  prepare: prepareNpm('npm'),
  use: ({ run }) =>
    run('sh', ['-c', 'rm -rf node_modules package-lock.json .npm; npm install --no-audit --no-fund --fetch-retries=0']),
  lastUse: npmUse,
});

describeClient('pnpm', {
  parts: ['pnpm', 'tar'],
  serve: serveNpm,
  prepare: prepareNpm('npm'),
  use: ({ run }) =>
    run('sh', ['-c', 'rm -rf node_modules pnpm-lock.yaml .cache .local; pnpm install --no-lockfile --fetch-retries=0']),
  lastUse: npmUse,
});

describeClient('yarn 1', {
  parts: ['yarn', 'tar'],
  serve: serveNpm,
  prepare: prepareNpm('yarn'),
  use: ({ run }) =>
    run('sh', ['-c', 'rm -rf node_modules yarn.lock .cache; yarn install --no-lockfile --non-interactive']),
  lastUse: npmUse,
});

describeClient('pip', {
  parts: ['pip3'],
  async serve(home) {
    const metadata = 'Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n';
    const wheel = 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n';
    const script = `
import sys, zipfile
with zipfile.ZipFile('hello.whl', 'w') as wheel:
    for name, content in zip(sys.argv[1::2], sys.argv[2::2]):
        wheel.writestr('hello-1.0.dist-info/' + name, content)`;
    const files = ['METADATA', metadata, 'WHEEL', wheel, 'RECORD', ''];
    execFileSync('/usr/bin/python3', ['-c', script, ...files], { cwd: home.directory });
    return serveFiles({
      '/simple/hello/': '<!DOCTYPE html><a href="hello-1.0-py3-none-any.whl">hello</a>',
      '/simple/hello/hello-1.0-py3-none-any.whl': await readFile(join(home.directory, 'hello.whl')),
    });
  },
  async prepare(given) {
    await writeNetrc(given);
    await mkdir(join(given.home.directory, '.config/pip'), { recursive: true });
    await given.home.write('.config/pip/pip.conf', given.recipe('pip'));
  },
  use: ({ run }) => run('/usr/bin/python3', ['-m', 'pip', 'download', '--no-cache-dir', '--retries=0', 'hello']),
  lastUse: { method: 'GET', path: '/simple/hello/hello-1.0-py3-none-any.whl' },
});

describeClient('apt', {
  parts: ['apt-get'],
  serve: () =>
    serveFiles({
      '/debian/./Packages': 'Package: hello\nVersion: 1.0\nArchitecture: all\nFilename: hello.deb\nSize: 1\n',
    }),
  async prepare({ home, recipe }) {
    for (const folder of [
      'etc/auth.conf.d',
      'etc/sources.list.d',
      'etc/preferences.d',
      'state/lists/partial',
      'cache/archives/partial',
    ]) {
      await mkdir(join(home.directory, folder), { recursive: true });
    }
    await home.write('etc/auth.conf.d/api.conf', recipe('apt'));
    await home.write('etc/sources.list.d/api.list', recipe('apt-source').replace(/\[.*?\]/, '[trusted=yes]'));
    await home.write(
      'apt.conf',
      `
Dir::Etc "${home.directory}/etc";
Dir::State "${home.directory}/state";
Dir::Cache "${home.directory}/cache";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Retries "0";
`,
    );
  },
  use: ({ home, run }) => run('apt-get', ['update'], { APT_CONFIG: join(home.directory, 'apt.conf') }),
  lastUse: { method: 'GET', path: /^\/debian\/\.\// },
});

const pom = (content: string) => `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  ${content}
  <version>1.0</version>
  <packaging>pom</packaging>
</project>
`;

/** Tests Maven with one of its two recipes. */
function describeMaven(name: string, settings: string): void {
  describeClient(name, {
    parts: ['mvn'],
    serve: () => serveFiles({ '/maven/com/example/parent/1.0/parent-1.0.pom': pom('<artifactId>parent</artifactId>') }),
    async prepare({ home, url, recipe }) {
      await mkdir(join(home.directory, '.m2'));
      await home.write('.m2/settings.xml', recipe(settings));
      const parent =
        '<parent><groupId>com.example</groupId><artifactId>parent</artifactId><version>1.0</version></parent>';
      const repository = `<repositories><repository><id>api</id><url>${url}/maven</url></repository></repositories>`;
      await home.write('pom.xml', pom(`${parent}<artifactId>app</artifactId>${repository}`));
    },
    async use({ home, run }) {
      const API_TOKEN = (await readFile(join(home.directory, 'token.txt'), 'utf8')).trim();
      const command = `rm -rf repository; mvn --batch-mode -Duser.home="$HOME" -Dmaven.repo.local=repository validate`;
      // Starts faster.
      const MAVEN_OPTS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
      return run('sh', ['-c', command], { API_TOKEN, MAVEN_OPTS });
    },
    lastUse: { method: 'GET', path: /^\/maven\/com\/example\/parent\/1\.0\/parent-1\.0\.pom/ },
  });
}

describeMaven('Maven', 'maven');
describeMaven('Maven with a password', 'maven-password');
