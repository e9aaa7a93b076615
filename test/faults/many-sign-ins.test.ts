import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Client, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { residentMb } from '../helpers/faults/raw-clients.ts';
import { watchVerification } from '../helpers/faults/watch.ts';

const { newDataDir, start } = useDaemons();
const people = 20;
const passwordOf = (number: number) => `analytical engines for ${number}`;

let daemon: Daemon;
let root: Client;
let active: { id: string; token: string };
let revoked: { id: string; token: string };
beforeEach(async () => {
  daemon = await start(await newDataDir(), { TOKENSD_LOG_LEVEL: 'info' });
  root = await signIn(daemon.url, superuser);
  active = await root.createToken('active');
  revoked = await root.createToken('revoked');
  await root.request('DELETE', `/tokens/${revoked.id}`);
  for (let number = 0; number < people; number += 1) {
    const member = { email: `member-${number}@example.com`, password: passwordOf(number), can_manage_tokens: true };
    expect((await root.request('POST', '/users', member)).status).toBe(201);
  }
});

interface Reply {
  status: number;
  type: string;
  retryAfter: string | undefined;
  body: string;
  took: number;
}

function post(path: string, body: object, address: string): Promise<Reply> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': address };
    const asked = request(new URL(path, daemon.url), { method: 'POST', headers, agent: crowd }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        const retryAfter = response.headers['retry-after'];
        resolve({ status: response.statusCode ?? 0, type, retryAfter, body: text, took: performance.now() - began });
      });
    });
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

const crowd = new Agent({ keepAlive: false });
const addressOf = (number: number) => `203.${number >> 8}.${number & 255}.7`;

/** Returns the CPU seconds that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function waitUntilIdle(): Promise<void> {
  await eventually(
    async () => {
      const before = cpuSeconds(daemon.pid);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return cpuSeconds(daemon.pid) - before < 0.2;
    },
    'the daemon to be idle',
    20_000,
  );
}

/** Expects that a client can act on every response. */
function expectActionable(responses: Reply[], expected: number[]): void {
  for (const { status, type, retryAfter, body } of responses) {
    expect([...expected, 429, 503]).toContain(status);
    if (status === 429) expect(Number(retryAfter)).toBeGreaterThan(0);
    if (status !== 201 && status !== 200)
      expect(`${type} ${body}`).toMatch(/json.*("code"|"detail"|"non_field_errors")/s);
  }
}

const count = (responses: Reply[], wanted: number) => responses.filter(({ status }) => status === wanted).length;

describe('a daemon to which a thousand people sign in concurrently', () => {
  it('accepts only correct passwords, and verifies tokens without delay', async () => {
    const watch = await watchVerification(daemon.url, { active: [active.token], rejected: [revoked.token] });
    const before = residentMb(daemon.pid);
    const right = Array.from({ length: 500 }, (_, number) => {
      const member = number % people;
      const body = { email: `member-${member}@example.com`, password: passwordOf(member) };
      return post('/api/v1/sessions', body, addressOf(number));
    });
    // Unknown addresses, because wrong passwords for a member would delay that member.
    const wrong = Array.from({ length: 500 }, (_, number) =>
      post(
        '/api/v1/sessions',
        { email: `stranger-${number}@example.com`, password: 'guess me' },
        addressOf(500 + number),
      ),
    );
    const [responses, guesses] = await Promise.all([Promise.all(right), Promise.all(wrong)]);
    const report = await watch.stop();
    // No verdict is wrong, and hardly any is missing.
    expect(report.wrong.filter((response) => !response.startsWith('503 '))).toEqual([]);
    expect(report.wrong.length).toBeLessThan(report.responses / 100);
    expect(report.responses).toBeGreaterThan(500);
    expect(report.p99).toBeLessThan(250);
    expectActionable(responses, [201]);
    expectActionable(guesses, [401]);
    expect(count(responses, 201)).toBeGreaterThan(50);
    expect(count(responses, 201) + count(guesses, 401)).toBeGreaterThanOrEqual(200);
    await waitUntilIdle();
    expect(residentMb(daemon.pid) - before).toBeLessThan(150);
    await expect(signIn(daemon.url, superuser)).resolves.toBeDefined();
    expect(daemon.stderr()).not.toContain('"code":"internal"');
  });
});
