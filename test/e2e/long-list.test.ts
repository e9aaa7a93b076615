import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import { startProgram } from '../helpers/daemon/process.ts';

const pageSize = 200;
const token: Token = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
  name: 'ci-pipeline',
  prefix: 'tok_8fK2b1Qz',
  description: 'Nightly build of the website',
  owner: 'ada@example.com',
  owner_kind: 'member',
  created_at: '2026-11-20T16:20:00.000Z',
  expires_at: null,
  status: 'active',
  last_used: {
    at: '2026-11-23T16:17:00.000Z',
    method: 'GET',
    path: '/builds/42',
    ip: '203.0.113.9',
    user_agent: 'curl/8',
  },
  last_denied: null,
  rotated_at: null,
  previous_used_at: null,
  previous: null,
  paused: null,
  self_rotate: false,
  manage: [],
  canary: false,
  lifetime: null,
  quiet_networks: false,
  apps: null,
  read_only: false,
  allow: null,
  networks: null,
  enforce: true,
};
const items = JSON.stringify(Array.from({ length: pageSize }, () => token));

/** Makes a list of 30 MB of JSON, which needs several times as much memory as objects. */
const tokenCount = 80_000;
const heapMegabytes = 24;

describe('a list that is larger than the heap', () => {
  let requestedPages = 0;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost');
      const page = Number(searchParams.get('cursor') ?? '1');
      const pages = Number(pathname.split('/')[1]) / pageSize;
      requestedPages = page;
      res.setHeader('Content-Type', 'application/json');
      res.end(`{"items":${items},"next_cursor":${page < pages ? `"${page + 1}"` : null}}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  /** Runs `tokens list --all` against a server with `count` tokens and passes its output to `read`. */
  async function list(count: number, args: string[], read: (output: NodeJS.ReadableStream) => void) {
    const child = startProgram('tokens', ['list', '--all', ...args], {
      TOKENS_SERVER: `${url}/${count}`,
      TOKENS_SESSION: 'session',
      NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}`,
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    if (child.stdout) read(child.stdout);
    return { code: await ended, stderr };
  }

  it.each([
    { args: ['--json'], mark: '{', expected: 2 * tokenCount },
    { args: [], mark: '\n', expected: tokenCount + 1 },
  ])('is printed completely with $args', async ({ args, mark, expected }) => {
    let marks = 0;
    const result = await list(tokenCount, args, (output) => {
      output.setEncoding('utf8').on('data', (text: string) => {
        marks += text.split(mark).length - 1;
      });
    });
    expect(result).toEqual({ code: 0, stderr: '' });
    expect(marks).toBe(expected);
  });

  it('is requested page by page as the reader consumes it', async () => {
    const result = await list(20_000, ['--json'], (output) => {
      output.once('readable', async () => {
        await pause(1_000);
        expect(requestedPages).toBeLessThan(10);
        output.resume();
      });
    });
    expect(result).toEqual({ code: 0, stderr: '' });
    expect(requestedPages).toBe(100);
  });
});
