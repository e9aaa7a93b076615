import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../server/commands/serve/listen.ts';

const setting = 'TOKENSD_INTERNAL_LISTEN';
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
    expect(await listen(newServer(), { host: '127.0.0.1', port: 0 }, setting)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await listen(newServer(), { socket }, setting)).toBe(`unix:${socket}`);
  });

  it('lets the owner and the group connect to a socket, whatever the umask is', async () => {
    await listen(newServer(), { socket }, setting);
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('660');
  });

  it('removes the socket when it closes', async () => {
    const server = newServer();
    await listen(server, { socket }, setting);
    await new Promise((resolve) => server.close(resolve));
    expect(existsSync(socket)).toBe(false);
  });

  it('replaces the socket of a killed process', async () => {
    const script = `require('node:http').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(socket)).toBe(true);
    expect(await listen(newServer(), { socket }, setting)).toBe(`unix:${socket}`);
  });

  it('leaves a socket alone that another process uses', async () => {
    await listen(newServer(), { socket }, setting);
    await expect(listen(newServer(), { socket }, setting)).rejects.toThrow(
      `Cannot listen on unix:${socket}: another program uses this socket. Set ${setting} to`,
    );
    expect(existsSync(socket)).toBe(true);
  });

  it('leaves a file alone that is not a socket', async () => {
    writeFileSync(socket, 'data');
    await expect(listen(newServer(), { socket }, setting)).rejects.toThrow(
      `${socket} exists and is not a Unix socket.`,
    );
    expect(existsSync(socket)).toBe(true);
  });

  it('names the setting if the directory is missing or the port is in use', async () => {
    await expect(listen(newServer(), { socket: join(directory, 'x', 'y') }, setting)).rejects.toThrow(setting);
    const url = await listen(newServer(), { host: '127.0.0.1', port: 0 }, setting);
    const port = Number(new URL(url).port);
    await expect(listen(newServer(), { host: '127.0.0.1', port }, 'TOKENSD_LISTEN')).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: another program uses this port. Set TOKENSD_LISTEN to a free address and port.`,
    );
  });
});
