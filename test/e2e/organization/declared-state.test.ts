import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';

const { start, cleanUp } = useDaemons();

it('leads from an empty machine to a declared organization, without a person', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-declared-'));
  cleanUp(() => rm(directory, { recursive: true }));
  const [dataDir, keyFile] = [join(directory, 'data'), join(directory, 'key')];
  const key = ['--service-account', 'platform', '--manage', 'all', '--key-file', keyFile];
  const init = await runProgram('tokensd', ['init', '--email', 'ada@example.com', '--no-password', ...key], {
    env: { TOKENSD_DATA_DIR: dataDir },
  });
  expect(init).toMatchObject({ code: 0 });
  const daemon = await start(dataDir);
  const env = { HOME: directory, TOKENS_SERVER: daemon.url, TOKENS_KEY_FILE: keyFile };

  const file = join(import.meta.dirname, '../../../examples/organization.yaml');
  const secretsFile = join(directory, 'secrets');
  const first = await runProgram('tokens', ['apply', '-f', file, '--secrets-file', secretsFile], { env });
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toContain('+ create trust deploy-api');
  expect((await stat(secretsFile)).mode & 0o777).toBe(0o600);
  const kinds = (await readFile(secretsFile, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  expect(kinds).toEqual(['client', 'webhook']);

  const bootstrap = await readFile(keyFile, 'utf8');
  // Due at once: more than a second has passed since the key was created.
  const ensure = ['ensure', 'bootstrap', '--out', keyFile, '--expires', '86400s', '--renew-before', '86399s'];
  expect(await runProgram('tokens', ensure, { env })).toMatchObject({ code: 0 });
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(keyFile, 'utf8')).not.toBe(bootstrap);
  const again = await runProgram('tokens', ['apply', '-f', file], { env });
  expect(again).toMatchObject({ code: 0, stdout: 'Nothing to change.\n' });
});
