import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Keytar } from '../../../cli/credentials/keychain.ts';
import { toolAt } from '../../../cli/credentials/tools/run-tool.ts';
import { security } from '../../../cli/credentials/tools/security.ts';

let directory: string;
let keychain: Keytar;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-security-'));
  const stub = join(directory, 'security.mjs');
  await copyFile(join(import.meta.dirname, '../../helpers/cli/security-stub.mjs'), stub);
  await chmod(stub, 0o755);
  keychain = security(toolAt(stub, new AbortController().signal));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the keychain of macOS through security', () => {
  it.each([
    ['tokens.example.com/session', 'session_4711'],
    [`tokens.example.com/token/ada@example.com/it's "my" \\ laptop`, 'tok_4711'],
    ['tokens.example.com/headers', JSON.stringify({ 'CF-Access': `a"b\\c 'd' $HOME \`x\`` })],
    ['tokens.example.com/headers of another alphabet', JSON.stringify({ 'X-Name': 'Ådå Łovelace 🔑' })],
    ['tokens.example.com/digits', '4142'],
  ])('stores, finds and deletes the entry %s, without its secret as an argument', async (account, secret) => {
    await keychain.setPassword('tokens', account, 'before');
    await keychain.setPassword('tokens', account, secret);
    expect(await keychain.getPassword('tokens', account)).toBe(secret);
    expect(await keychain.deletePassword('tokens', account)).toBe(true);
    expect(await keychain.getPassword('tokens', account)).toBeNull();
    expect(await keychain.deletePassword('tokens', account)).toBe(false);
    const words = await readFile(join(directory, 'arguments.txt'), 'utf8');
    expect(words).toContain('-i\n');
    expect(words).not.toContain(secret);
  });

  it('fails in the words of security if the keychain is locked', async () => {
    await writeFile(join(directory, 'locked'), '');
    await expect(keychain.getPassword('tokens', 'x')).rejects.toThrow('User interaction is not allowed');
    await expect(keychain.setPassword('tokens', 'x', 'y')).rejects.toThrow('User interaction is not allowed');
    await expect(keychain.deletePassword('tokens', 'x')).rejects.toThrow('User interaction is not allowed');
  });

  it('rejects what security would take for another command, or cut', async () => {
    await expect(keychain.setPassword('tokens', 'x', 'a\nhelp')).rejects.toThrow('the entry contains a line break');
    await expect(keychain.setPassword('tokens', 'x', 'a'.repeat(5_000))).rejects.toThrow('the entry is too long');
    await expect(readFile(join(directory, 'arguments.txt'), 'utf8')).rejects.toThrow('ENOENT');
  });
});

describe('a tool of the operating system', () => {
  it('is ended when the program is', async () => {
    const cancel = new AbortController();
    const running = toolAt('/bin/sleep', cancel.signal)(['60']);
    cancel.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});
