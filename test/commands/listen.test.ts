import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../server/commands/serve/listen.ts';
import { processContext } from '../../server/main.ts';

const setting = 'TOKENSD_INTERNAL_LISTEN';
const { withUmask } = processContext('tokensd');
const at = { setting, withUmask };
let directory: string;
let socket: string;
const servers: Server[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokensd-listen-'));
  socket = join(directory, 'internal.sock');
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(directory, { recursive: true });
});

function newServer(): Server {
  const server = createServer((_req, res) => res.end());
  servers.push(server);
  return server;
}

describe('listening', () => {
  it('returns the address that was bound', async () => {
    expect(await listen(newServer(), { host: '127.0.0.1', port: 0 }, at)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await listen(newServer(), { socket }, at)).toBe(`unix:${socket}`);
  });

  it('lets the owner and the group connect to a socket, whatever the umask is', async () => {
    // A default ACL of the directory has the same effect as a mask that is ignored.
    await listen(newServer(), { socket }, { setting, withUmask: (_mask, work) => withUmask(0, work) });
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('660');
  });

  it('lets nobody else connect from the first moment, before the mode is set once more', async () => {
    const before = process.umask();
    const modes: string[] = [];
    const spied = (mask: number, work: () => void) =>
      withUmask(mask, () => {
        work();
        modes.push((statSync(socket).mode & 0o777).toString(8));
      });
    await listen(newServer(), { socket }, { setting, withUmask: spied });
    expect(modes).toEqual(['660']);
    expect(process.umask()).toBe(before);
  });

  it.each([0o777, 0o1777])(
    'refuses a directory in which every user could replace the socket: mode %o',
    async (mode) => {
      await chmod(directory, mode);
      await expect(listen(newServer(), { socket }, at)).rejects.toThrow(
        `Every user can replace sockets in ${directory}.`,
      );
      expect(existsSync(socket)).toBe(false);
    },
  );

  it('names the file descriptor if systemd passed something else than a stream socket', async () => {
    const file = await open(join(directory, 'file'), 'w');
    onTestFinished(() => file.close());
    await expect(listen(newServer(), { fd: file.fd }, at)).rejects.toThrow(
      /^Cannot listen on the socket that systemd passed as file descriptor \d+: .*\. Let systemd listen on a stream socket/,
    );
  });

  it('removes the socket when it closes', async () => {
    const server = newServer();
    await listen(server, { socket }, at);
    await new Promise((resolve) => server.close(resolve));
    expect(existsSync(socket)).toBe(false);
  });

  it('replaces the socket of a killed process', async () => {
    const script = `require('node:http').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(socket)).toBe(true);
    expect(await listen(newServer(), { socket }, at)).toBe(`unix:${socket}`);
  });

  it('leaves a socket alone that another process uses', async () => {
    await listen(newServer(), { socket }, at);
    await expect(listen(newServer(), { socket }, at)).rejects.toThrow(
      `Cannot listen on unix:${socket}: another program uses this socket. Set ${setting} to`,
    );
    expect(existsSync(socket)).toBe(true);
  });

  it('leaves a file alone that is not a socket', async () => {
    writeFileSync(socket, 'data');
    await expect(listen(newServer(), { socket }, at)).rejects.toThrow(`${socket} exists and is not a Unix socket.`);
    expect(existsSync(socket)).toBe(true);
  });

  it('names the setting if the directory is missing or the port is in use', async () => {
    await expect(listen(newServer(), { socket: join(directory, 'x', 'y') }, at)).rejects.toThrow(setting);
    const url = await listen(newServer(), { host: '127.0.0.1', port: 0 }, at);
    const port = Number(new URL(url).port);
    await expect(
      listen(newServer(), { host: '127.0.0.1', port }, { ...at, setting: 'TOKENSD_LISTEN' }),
    ).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: another program uses this port. Set TOKENSD_LISTEN to a free address and port.`,
    );
  });
});
