import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import { type Gate, gateProxies, openGate } from '../../helpers/gate/gate.ts';
import { events, fileContent } from '../../helpers/gate/test-api.ts';
import { eventDelays, mebibyte, offerUpload, startUpload, talk, upload } from '../../helpers/gate/traffic.ts';

for (const gateProxy of gateProxies) {
  describe.skipIf(gateProxy.skip)(`an API behind ${gateProxy.name} with the shipped configuration`, () => {
    let gate: Gate;
    let headers: { Authorization: string };
    beforeAll(async () => {
      gate = await openGate(gateProxy);
      headers = { Authorization: `Bearer ${gate.token.value}` };
    });
    beforeEach(() => {
      gate.api.requests.length = 0;
    });
    afterAll(() => gate.stop());

    it.each([
      ['5 MB with a length', 5, true],
      ['5 MB in chunks', 5, false],
      ['200 MB with a length', 200, true],
      ['200 MB in chunks', 200, false],
    ])('receives a body of %s', async (_body, count, hasLength) => {
      const { status, body, expected } = await upload(gate.url, headers, count, hasLength);
      expect([status, JSON.parse(body)]).toEqual([200, expected]);
    });

    it('receives the start of an upload before the client sends the rest', async () => {
      const { outgoing, response } = startUpload(gate.url, headers, 2 * mebibyte.length);
      outgoing.write(mebibyte);
      await eventually(() => gate.api.progress.bytes === mebibyte.length, 'the first half of the upload');
      outgoing.end(mebibyte);
      expect((await response).status).toBe(200);
    });

    it('receives nothing of an upload without a token, which is rejected before it is sent', async () => {
      const { status, continued } = await offerUpload(gate.url, {});
      expect([status, continued, gate.api.requests]).toEqual([401, false, []]);
    });

    it('talks to a client over WebSocket', async () => {
      expect(await talk(gate.url, headers, ['hello', 'again'])).toEqual(['hello', 'again']);
      expect(gate.api.requests.map(({ url, headers }) => [url, headers['x-auth-user']])).toEqual([
        ['/socket', 'dev@example.com'],
      ]);
      expect(gate.api.requests[0]?.headers).not.toHaveProperty('authorization');
    });

    it.each([
      ['without a token', () => ({})],
      ['with an unknown token', () => ({ Authorization: 'Bearer tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE' })],
    ])('never sees a WebSocket handshake %s', async (_what, fields) => {
      const ended = await talk(gate.url, fields(), []).then(
        () => 'open',
        () => 'closed',
      );
      expect([ended, gate.api.requests]).toEqual(['closed', []]);
    });

    it('keeps a WebSocket connection after its token was revoked, and sees no other handshake with it', async () => {
      const { token, value } = await gate.daemon.issue('of an open connection');
      const own = { Authorization: `Bearer ${value}` };
      const revoke = () => gate.daemon.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: gate.daemon.dev });
      const replies = await talk(gate.url, own, ['before', 'after'], { between: revoke });
      expect(replies).toEqual(['before', 'after']);
      await expect(talk(gate.url, own, [])).rejects.toThrow('The handshake failed');
      expect(gate.api.requests).toHaveLength(1);
    });

    // A connection that was upgraded to HTTP/2 in clear text would carry further requests past the proxy.
    it.each([
      ['h2c', ['Upgrade: h2c']],
      ['h2c beside websocket', ['Upgrade: h2c, websocket']],
      ['h2c before websocket', ['Upgrade: h2c', 'Upgrade: websocket']],
      ['h2c after websocket', ['Upgrade: websocket', 'Upgrade: h2c']],
    ])('is never asked to upgrade to %s', async (_what, upgrade) => {
      const lines = [
        'GET /socket HTTP/1.1',
        'Host: api.example.com',
        `Authorization: Bearer ${gate.token.value}`,
        'Connection: Upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        ...upgrade,
      ];
      const socket = connect(gate.proxy.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
      const [response] = await once(socket, 'data');
      socket.destroy();
      expect(String(response)).not.toMatch(/smuggled|h2c/);
      expect(gate.api.requests.map(({ headers }) => headers.upgrade ?? 'websocket')).toEqual(['websocket']);
    });

    it.each([
      ['/events', 'in chunks'],
      ['/events-until-close', 'until it closes the connection'],
    ])('sends each event to the client when it happens: %s, %s', async (path) => {
      const delays = await eventDelays(`${gate.url}${path}`, headers);
      expect(delays).toHaveLength(events.count);
      expect(Math.max(...delays)).toBeLessThan(events.intervalMs);
    });

    it('serves ranges, and headers without a body', async () => {
      const range = await fetch(`${gate.url}/file`, { headers: { ...headers, Range: 'bytes=1000-1999' } });
      expect([range.status, range.headers.get('content-range')]).toEqual([
        206,
        `bytes 1000-1999/${fileContent.length}`,
      ]);
      expect(Buffer.from(await range.arrayBuffer()).equals(fileContent.subarray(1000, 2000))).toBe(true);
      const head = await fetch(`${gate.url}/file`, { method: 'HEAD', headers });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(fileContent.length)]);
      expect(await head.text()).toBe('');
      expect((await fetch(`${gate.url}/file`, { method: 'HEAD' })).status).toBe(401);
    });

    it('learns the host, the address and the protocol that the client used', async () => {
      const forged = { 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'https' };
      const response = await fetch(`${gate.url}/a`, { headers: { ...headers, ...forged } });
      expect(await response.json()).toMatchObject({
        headers: {
          host: `127.0.0.1:${gate.proxy.port}`,
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
        },
      });
    });

    it('receives no request with a second credential', async () => {
      const basic = `Basic ${Buffer.from(`ada:${gate.token.value}`).toString('base64')}`;
      for (const fields of [
        { ...headers, 'X-API-Key': gate.token.value },
        { Authorization: basic, 'X-API-Key': gate.token.value },
      ]) {
        expect((await fetch(`${gate.url}/a`, { headers: fields })).status).toBe(401);
      }
      expect(gate.api.requests).toEqual([]);
    });

    it('receives no preflight, because it has no token', async () => {
      const preflight = { Origin: 'https://app.example.com', 'Access-Control-Request-Method': 'POST' };
      expect((await fetch(`${gate.url}/a`, { method: 'OPTIONS', headers: preflight })).status).toBe(401);
      expect(gate.api.requests).toEqual([]);
    });

    it.each([400, 401, 404, 500, 502, 503])('responds %d to the client itself', async (status) => {
      const response = await fetch(`${gate.url}/status/${status}`, { headers });
      expect([response.status, await response.text()]).toEqual([status, 'from the API']);
      expect(response.headers.has('retry-after')).toBe(false);
    });
  });
}
