import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeychain } from '../../../cli/credentials/keychain.ts';
import { platformTool } from '../../../cli/credentials/tools/platform-tool.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-platform-tool-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Returns the tool of Linux that these directories contain. */
const toolIn = (...directories: string[]) =>
  platformTool('linux', directories.join(delimiter), new AbortController().signal);

async function writeTool(folder: string, script: string): Promise<string> {
  const path = join(directory, folder);
  await mkdir(path);
  await writeFile(join(path, 'secret-tool'), script, { mode: 0o755 });
  return path;
}

describe('the keychain of Linux through secret-tool', () => {
  it('does not take a directory of that name for the program', async () => {
    const other = join(directory, 'other');
    await mkdir(join(other, 'secret-tool'), { recursive: true });
    await expect(toolIn(other)).rejects.toThrow('There is no secret-tool.');
    const tool = await toolIn(other, await writeTool('bin', '#!/bin/sh\nprintf session_1\n'));
    expect(await tool.getPassword('tokens', 'example.com/session')).toBe('session_1');
  });

  it('advises nobody to unlock a keychain whose program cannot be started', async () => {
    const withoutInterpreter = await writeTool('bin', '#!/nonexistent/sh\n');
    const keychain = await openKeychain(() => toolIn(withoutInterpreter));
    await expect(keychain?.get('example.com/session')).rejects.toMatchObject({
      problem: { code: 'no-keychain' },
      message: expect.stringMatching(/^The OS keychain does not work: spawn \S+ ENOENT\.$/),
    });
  });

  it('advises to unlock a keychain whose program fails', async () => {
    const failing = await writeTool('bin', '#!/bin/sh\necho "secret-tool: Cannot prompt" >&2\nexit 1\n');
    const keychain = await openKeychain(() => toolIn(failing));
    const message = 'The OS keychain does not work: Cannot prompt. Check that it is unlocked.';
    await expect(keychain?.get('example.com/session')).rejects.toMatchObject({ message });
  });
});
