import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import { gateProxies, openGate, replacing } from '../../helpers/gate/gate.ts';
import { recipe } from '../../helpers/gate/recipes.ts';

interface Log {
  /** Turns the log on as the documentation says. */
  edit(text: string): string;
  read(directory: string, output: string): string | Promise<string>;
  /** What the log says about an accepted request. */
  accepted: RegExp;
}

const logs: Record<string, Log> = {
  nginx: {
    edit: (text) => text,
    read: (directory) => readFile(join(directory, 'access.log'), 'utf8'),
    accepted: /- dev@example\.com \[.*"GET \/logged HTTP\/1\.1" 200/,
  },
  Caddy: {
    edit: replacing(':8080 {\n', `:8080 {\n${recipe('proxies.md', 'caddy-log')}`),
    read: (_directory, output) => output,
    accepted: /"uri":"\/logged".*"status":200/,
  },
  HAProxy: {
    edit: replacing('frontend api\n', 'frontend api\n  log stderr format raw daemon\n  option httplog\n'),
    read: (_directory, output) => output,
    accepted: / 200 .*"GET \/logged HTTP\/1\.1"/,
  },
  Apache: {
    edit: replacing(
      '<VirtualHost *:8080>\n',
      '<VirtualHost *:8080>\nCustomLog access.log "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\""\n',
    ),
    read: (directory) => readFile(join(directory, 'access.log'), 'utf8'),
    accepted: /- dev@example\.com \[.*"GET \/logged HTTP\/1\.1" 200/,
  },
};

for (const gateProxy of gateProxies) {
  const log = logs[gateProxy.name];
  it.skipIf(gateProxy.skip || log === undefined)(
    `the access log of ${gateProxy.name} never contains a token, in whichever way the client sends it`,
    async () => {
      if (log === undefined) return;
      const gate = await openGate(gateProxy, { edit: log.edit });
      onTestFinished(gate.stop);
      const { value } = gate.token;
      const basic = (pair: string) => ({ Authorization: `Basic ${btoa(pair)}` });
      const credentials: Array<Record<string, string>> = [
        { Authorization: `Token ${value}` },
        { 'X-API-Key': value },
        { 'X-Tokens-Authorization': value },
        ...[`ada:${value}`, `${value}:`, `${value}:x-oauth-basic`, `${value}:wrong`].map(basic),
      ];
      for (const headers of credentials) await fetch(`${gate.url}/logged`, { headers });
      const read = () => log.read(gate.proxy.directory, gate.proxy.output());
      const text = await eventually(async () => {
        const lines = (await read()).split('\n').filter((line) => line.includes('/logged'));
        return lines.length === credentials.length && lines.join('\n');
      }, 'a line for each request');
      expect(text).toMatch(log.accepted);
      for (const written of [value, btoa(`ada:${value}`), btoa(`${value}:`)]) expect(text).not.toContain(written);
    },
  );
}

describe('the recipes for logs', () => {
  it('cover every proxy that is tested here', () => {
    expect(gateProxies.filter(({ name }) => logs[name] === undefined)).toEqual([]);
  });
});
