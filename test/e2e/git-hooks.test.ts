import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { programCommand } from '../helpers/daemon/process.ts';
import { git, gitEnvironment, newDirectory, newValue } from '../helpers/scan/values.ts';

const runFile = promisify(execFile);
const hooks = join(import.meta.dirname, '..', '..', 'examples', 'git');

/** Installs a hook, with other prefixes if they are given. */
async function install(name: string, gitDirectory: string, prefixes = ''): Promise<void> {
  const text = await readFile(join(hooks, name), 'utf8');
  const path = join(gitDirectory, 'hooks', name);
  await writeFile(path, text.replace("PREFIXES=''\n", `PREFIXES='${prefixes}'\n`), { mode: 0o755 });
}

/** Creates a repository in which `tokens` is the built program. `run` returns the output of Git and of its hooks. */
async function newRepository(hook?: string) {
  const directory = await newDirectory();
  const bin = join(directory, 'bin');
  await mkdir(bin);
  const words = programCommand('tokens', []).map((word) => `'${word}'`);
  await writeFile(join(bin, 'tokens'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  const repository = join(directory, 'repository');
  await mkdir(repository);
  await git(repository, ['init', '--quiet', '--initial-branch=main']);
  if (hook !== undefined) await install(hook, join(repository, '.git'));
  const env = { ...gitEnvironment, HOME: directory, PATH: `${bin}:${gitEnvironment.PATH}` };
  const run = async (...args: string[]) => {
    try {
      const { stdout, stderr } = await runFile('git', args, { cwd: repository, env });
      return { ok: true, text: (stdout + stderr).trim() };
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return { ok: false, text: stdout + stderr };
    }
  };
  return {
    directory,
    env,
    run,
    async change(path: string, content: string) {
      await writeFile(join(repository, path), content);
      await run('add', '--all');
    },
    commit: () => run('commit', '--quiet', '--message', 'change'),
  };
}

describe('the pre-commit hook', () => {
  it('stops a commit that adds a value, also the first one, and no other commit', async () => {
    const { change, commit, run } = await newRepository('pre-commit');
    const value = newValue();
    await change('config', `key = ${value}\n`);
    const stopped = await commit();
    expect(stopped).toMatchObject({ ok: false, text: expect.stringContaining(`config:1:7\t${value.slice(0, 12)}`) });
    expect(stopped.text).not.toContain(value);
    expect(await run('rev-parse', '--verify', 'HEAD')).toMatchObject({ ok: false });

    await change('config', 'key = $KEY\n');
    expect(await commit()).toMatchObject({ ok: true });
    await change('config', `key = $KEY\nold = ${value}\n`);
    expect(await commit()).toMatchObject({ ok: false });
    expect(await run('commit', '--quiet', '--no-verify', '--message', 'anyway')).toMatchObject({ ok: true });
    // The line is no longer added.
    await change('config', `key = $KEY\nold = ${value}\nnew = 1\n`);
    expect(await commit()).toMatchObject({ ok: true });
    await change('config', 'key = $KEY\n');
    expect(await commit()).toMatchObject({ ok: true });
  });

  it('scans the committed lines if they differ from the staged ones', async () => {
    const { change, commit, run, directory } = await newRepository('pre-commit');
    await change('a', 'a\n');
    await change('b', 'b\n');
    expect(await commit()).toMatchObject({ ok: true });
    await writeFile(join(directory, 'repository', 'a'), newValue());
    await writeFile(join(directory, 'repository', 'b'), 'other\n');
    expect(await run('commit', '--quiet', '--message', 'b only', 'b')).toMatchObject({ ok: true });
    expect(await run('commit', '--quiet', '--message', 'all', '--all')).toMatchObject({ ok: false });
  });

  it('looks for the prefixes in the file, and says that it looks for tok if there are none', async () => {
    const { change, commit, directory } = await newRepository();
    await install('pre-commit', join(directory, 'repository', '.git'), 'acme xyz');
    for (const prefix of ['acme', 'xyz']) {
      await change('a', newValue(prefix));
      expect(await commit()).toMatchObject({ ok: false, text: expect.stringContaining(`a:1:1\t${prefix}_`) });
    }
    await change('a', 'a');
    expect(await commit()).toMatchObject({ ok: true });
    await install('pre-commit', join(directory, 'repository', '.git'));
    await change('a', 'b');
    expect(await commit()).toMatchObject({
      ok: true,
      text: expect.stringMatching(/^Found no value with the prefix tok\./),
    });
  });

  it('stops every commit if the program is not installed', async () => {
    const { change, env, directory } = await newRepository('pre-commit');
    await change('a', 'a\n');
    const failed = git(join(directory, 'repository'), ['commit', '--message', 'x'], { ...env, PATH: '/usr/bin:/bin' });
    await expect(failed).rejects.toThrow('tokens is not installed');
  });
});

describe('the pre-receive hook', () => {
  async function newServer() {
    const client = await newRepository();
    const server = join(client.directory, 'server.git');
    await git(client.directory, ['init', '--quiet', '--bare', '--initial-branch=main', server]);
    await install('pre-receive', server);
    await client.run('remote', 'add', 'origin', server);
    const refs = () => git(server, ['for-each-ref', '--format=%(refname:short)']);
    return { ...client, server, refs, push: (...args: string[]) => client.run('push', '--quiet', 'origin', ...args) };
  }

  it('stops the first push if a commit in it adds a value, even if a later commit removes it', async () => {
    const { change, commit, push, run, refs } = await newServer();
    const value = newValue();
    await change('a', 'a\n');
    await commit();
    await change('a', `a\n${value}\n`);
    await commit();
    await change('a', 'a\n');
    await commit();
    const stopped = await push('main');
    expect(stopped).toMatchObject({ ok: false, text: expect.stringContaining(`a:2:1\t${value.slice(0, 12)}`) });
    expect(stopped.text).toContain('refs/heads/main holds values of tokens');
    expect(stopped.text).not.toContain(value);
    expect(await refs()).toBe('');
    await run('reset', '--quiet', '--soft', 'HEAD~2');
    await change('a', 'a\nb\n');
    await commit();
    expect(await push('main')).toMatchObject({ ok: true });
  });

  it('scans new commits of branches and tags, and lets branches be created from old commits, deleted and rewound', async () => {
    const { change, commit, push, run, refs } = await newServer();
    // The value was there before the hook.
    await change('old', newValue());
    await commit();
    await run('push', '--quiet', '--no-verify', 'origin', 'main');
    expect(await refs()).toBe('');
    await run('commit', '--quiet', '--amend', '--allow-empty', '--message', 'amended');
    await change('old', 'gone');
    await run('commit', '--quiet', '--amend', '--message', 'clean');
    await change('b', 'b');
    await commit();
    expect(await push('main')).toMatchObject({ ok: true });
    expect(await push('main:refs/heads/copy', 'main:refs/tags/v1')).toMatchObject({ ok: true });
    expect(await push(':copy')).toMatchObject({ ok: true });
    expect(await push('--force', 'main~1:main')).toMatchObject({ ok: true });
    await run('checkout', '--quiet', '--detach');
    await change('c', newValue());
    await commit();
    for (const target of ['HEAD:refs/heads/feature', 'HEAD:refs/tags/v2', 'HEAD:main']) {
      expect(await push(target)).toMatchObject({ ok: false });
    }
    await run('tag', '--annotate', '--message', 'x', 'v3');
    expect(await push('v3')).toMatchObject({ ok: false });
    expect(await refs()).toBe('main\nv1');
  });

  it('stops a merge whose result Git takes for binary', async () => {
    const { change, commit, push, run, directory } = await newServer();
    await change('a', 'a');
    await commit();
    await run('checkout', '--quiet', '-b', 'side');
    await change('s', 's');
    await commit();
    await run('checkout', '--quiet', 'main');
    await change('m', 'm');
    await commit();
    expect(await push('main', 'side')).toMatchObject({ ok: true });
    await run('merge', '--no-commit', 'side');
    await writeFile(join(directory, 'repository', 'x.bin'), `\0${newValue()}`);
    await run('add', '--all');
    expect(await commit()).toMatchObject({ ok: true });
    expect(await push('main')).toMatchObject({ ok: false, text: expect.stringContaining('x.bin:1:2') });
  });

  it('stops a commit for which an earlier push named a replacement', async () => {
    const { change, commit, push, run } = await newServer();
    await change('a', 'a');
    await commit();
    expect(await push('main')).toMatchObject({ ok: true });
    await change('b', 'clean');
    await commit();
    await run('branch', 'clean');
    await run('reset', '--quiet', '--hard', 'HEAD~1');
    await change('b', newValue());
    await commit();
    const { text: leaking } = await run('rev-parse', 'main');
    expect(await push(`clean:refs/replace/${leaking}`)).toMatchObject({ ok: true });
    expect(await push('main')).toMatchObject({ ok: false, text: expect.stringContaining('b:1:1') });
  });

  it('stops values in messages, and in a tree that a tag points to', async () => {
    const { change, commit, push, run, refs } = await newServer();
    await change('a', 'a');
    await commit();
    await run('tag', '--annotate', '--message', newValue(), 'message');
    await change('b', newValue());
    const { text: tree } = await run('write-tree');
    await run('tag', 'tree', tree);
    await run('reset', '--quiet', '--hard');
    for (const tag of ['message', 'tree']) expect(await push(tag)).toMatchObject({ ok: false });
    await run('commit', '--quiet', '--amend', '--message', `key ${newValue()}`);
    expect(await push('main')).toMatchObject({ ok: false, text: expect.stringContaining('(commit):5:5') });
    expect(await refs()).toBe('');
  });
});

describe('the pre-push hook', () => {
  it('stops values that no earlier hook saw, and scans only commits that the other repository lacks', async () => {
    const { change, commit, run, directory } = await newRepository('pre-push');
    const server = join(directory, 'server.git');
    await git(directory, ['init', '--quiet', '--bare', '--initial-branch=main', server]);
    await run('remote', 'add', 'origin', server);
    const push = (...args: string[]) => run('push', '--quiet', 'origin', ...args);
    await change('old', newValue());
    await commit();
    expect(await push('main')).toMatchObject({ ok: false, text: expect.stringContaining('old:1:1') });
    expect(await push('--no-verify', 'main')).toMatchObject({ ok: true });
    await run('checkout', '--quiet', '-b', 'side');
    await change('new', 'new');
    await commit();
    expect(await push('side', 'side:refs/tags/v1')).toMatchObject({ ok: true });
    await run('commit', '--quiet', '--allow-empty', '--message', newValue());
    expect(await push('side')).toMatchObject({ ok: false, text: expect.stringContaining('(commit):') });
    expect(await push(':refs/tags/v1')).toMatchObject({ ok: true });
  });
});
