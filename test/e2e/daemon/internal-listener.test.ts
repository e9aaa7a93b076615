import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../server/store/open.ts';
import { listen } from '../../helpers/app/http.ts';
import { signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { mail } from '../../store/contract/records.ts';

const { cleanUp, newDataDir, start } = useDaemons();

function statusAt(socketPath: string, path: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Token ${token}` };
    const outgoing = request({ socketPath, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject).end();
  });
}

describe('tokensd serve with an internal listener', () => {
  it('verifies tokens at its Unix socket, also after a kill, and removes it when it stops', async () => {
    const dataDir = await newDataDir();
    const socket = join(dataDir, 'internal.sock');
    const env = { TOKENSD_INTERNAL_LISTEN: `unix:${socket}` };
    const first = await start(dataDir, env);
    const { token } = await (await signIn(first.url, superuser)).createToken('ci');
    expect(first.stderr()).toContain(`"internal":"unix:${socket}"`);
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('660');
    expect(await statusAt(socket, '/verify/auth-request', token)).toBe(200);
    expect((await fetch(`${first.url}/verify/auth-request`)).status).toBe(404);
    await first.stop('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    const second = await start(dataDir, env);
    expect(await statusAt(socket, '/verify/auth-request', token)).toBe(200);
    expect(await second.stop('SIGTERM')).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it.each(['TOKENSD_LISTEN', 'TOKENSD_INTERNAL_LISTEN'])(
    'exits and sends no mail if the address in %s is in use',
    async (setting) => {
      const dataDir = await newDataDir();
      const store = await openStore(`sqlite:${join(dataDir, 'tokens.db')}`);
      await store.outbox.enqueue(mail({ createdAt: 1 }));
      await store.close();
      const spool = join(dataDir, 'mail');
      await mkdir(spool, { recursive: true });
      const other = createServer();
      const port = await listen(other);
      cleanUp(async () => other.close());
      const free = { TOKENSD_LISTEN: '127.0.0.1:0', TOKENSD_INTERNAL_LISTEN: '127.0.0.1:0' };
      const env = { TOKENSD_DATA_DIR: dataDir, ...free, [setting]: `127.0.0.1:${port}` };
      const ended = await runProgram('tokensd', ['serve'], { env });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain(`another program uses this port. Set ${setting} to a free address and port.`);
      expect(await readdir(spool)).toEqual([]);
    },
  );
});
