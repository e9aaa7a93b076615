import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientHome, createClientHome } from '../../helpers/gate/client-programs.ts';
import { type Gate, gateProxies, openGate } from '../../helpers/gate/gate.ts';
import { type GitServer, startGitServer } from '../../helpers/gate/git-server.ts';
import { recipe } from '../../helpers/gate/recipes.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const author = { GIT_AUTHOR_NAME: 'Dev', GIT_AUTHOR_EMAIL: 'dev@example.com' };
const committer = { GIT_COMMITTER_NAME: 'Dev', GIT_COMMITTER_EMAIL: 'dev@example.com' };
const env = { ...author, ...committer, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' };

for (const gateProxy of gateProxies) {
  describe.skipIf(gateProxy.skip || !hasRealParts('git'))(`git with a server behind ${gateProxy.name}`, () => {
    let home: ClientHome;
    let server: GitServer;
    let gate: Gate;
    beforeEach(async () => {
      home = await createClientHome();
      await git('init', '--quiet', '--bare', '--initial-branch=main', 'served/repo.git');
      server = await startGitServer(join(home.directory, 'served'));
      gate = await openGate(gateProxy, { edit: gateProxy.offerBasic, apiUrl: server.url });
      server.users.clear();
    });
    afterEach(async () => {
      await gate.stop();
      await server.stop();
      await home.remove();
    });

    /** Runs git without any way to ask for a password. Returns its standard output. @throws with git's message */
    async function git(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await home.run('git', args, { env });
      if (code !== 0) throw new Error(stderr);
      return stdout;
    }

    it('clones and pushes with the token in the address', async () => {
      const remote = `http://ada:${gate.token.value}@127.0.0.1:${gate.proxy.port}/repo.git`;
      await git('clone', '--quiet', remote, 'work');
      // Git sends more than 1 MB in chunks.
      const content = randomBytes(5_000_000);
      await writeFile(join(home.directory, 'work', 'large'), content);
      await git('-C', 'work', 'add', '.');
      await git('-C', 'work', 'commit', '--quiet', '--message', 'Add a large file');
      await git('-C', 'work', 'push', '--quiet', 'origin', 'HEAD:main');
      await git('clone', '--quiet', remote, 'again');
      expect((await readFile(join(home.directory, 'again', 'large'))).equals(content)).toBe(true);
      expect([...server.users]).toEqual(['dev@example.com']);
    });

    it('is accepted with the token as the user name in the address', async () => {
      await git('ls-remote', `http://${gate.token.value}:x-oauth-basic@127.0.0.1:${gate.proxy.port}/repo.git`);
      expect([...server.users]).toEqual(['dev@example.com']);
    });

    it('is accepted with the documented credential helper, which asks `tokens get`', async () => {
      await home.write('token', gate.token.value);
      await mkdir(join(home.directory, 'bin'));
      // Stands in for the keychain.
      await chmod(await home.write('bin/tokens', '#!/bin/sh\ntest "$*" = "get laptop" && cat "$HOME/token"\n'), 0o755);
      const PATH = `${join(home.directory, 'bin')}:${process.env.PATH}`;
      const command = recipe('clients.md', 'git').replace('https://api.example.com', gate.url);
      expect(await home.run('sh', ['-c', command], { env: { ...env, PATH } })).toMatchObject({ code: 0, stderr: '' });
      const { code, stderr } = await home.run('git', ['ls-remote', `${gate.url}/repo.git`], { env: { ...env, PATH } });
      expect([code, stderr]).toEqual([0, '']);
      expect([...server.users]).toEqual(['dev@example.com']);
    });

    it('is rejected with an unknown token, and on the next command after the token is revoked', async () => {
      const remote = (value: string) => `http://ada:${value}@127.0.0.1:${gate.proxy.port}/repo.git`;
      await expect(git('ls-remote', remote(`${gate.token.value}x`))).rejects.toThrow('Authentication failed');
      expect(server.users.size).toBe(0);
      await git('ls-remote', remote(gate.token.value));
      await gate.daemon.ask(`/api/v1/tokens/${gate.token.id}`, { method: 'DELETE', as: gate.daemon.dev });
      server.users.clear();
      await expect(git('ls-remote', remote(gate.token.value))).rejects.toThrow('Authentication failed');
      expect(server.users.size).toBe(0);
    });
  });
}
