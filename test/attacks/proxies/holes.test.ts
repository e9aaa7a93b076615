import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { identityNames } from '../../../cli/commands/doctor/advice.ts';
import type { Check } from '../../../cli/commands/doctor/check.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { startCaddy, startNginx, startUpstream } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

let daemon: TestServer;
let upstream: Awaited<ReturnType<typeof startUpstream>>;
let cli: TestCli;
let token: string;
beforeAll(async () => {
  daemon = await startTestServer();
  upstream = await startUpstream();
  cli = await openTestCli();
  token = (await daemon.issue('doctor')).value;
});
afterAll(async () => {
  await cli.close();
  await upstream.stop();
  await daemon.stop();
});

/** Returns an edit that removes the first line with this text. */
const without = (line: string) => (text: string) => {
  const lines = text.split('\n');
  const at = lines.findIndex((one) => one.trim() === line);
  if (at < 0) throw new Error(`The shipped configuration has no line “${line}”`);
  return lines.toSpliced(at, 1).join('\n');
};

const variableOf = (name: string) => name.toLowerCase().replaceAll('-', '_').replace('x_', '$');

interface Hole {
  edit(text: string): string;
  /** The check that must fail and the configuration line that its advice must name. */
  check: string;
  line: string;
}

const removed = (line: string, check: string): Hole => ({ edit: without(line), check, line });

const holes: Record<'nginx' | 'caddy', Record<string, Hole>> = {
  nginx: {
    'never asks the daemon': removed('auth_request /_tokensd;', 'no-token'),
    ...Object.fromEntries(
      identityNames.map((name) => [
        `passes on ${name} from the client`,
        removed(`proxy_set_header ${name} ${variableOf(name)};`, 'told-identity'),
      ]),
    ),
    'turns a 401 into a 200': {
      edit: (text) =>
        text
          .replace('error_page 401 @denied;', 'error_page 401 =200 @denied;')
          .replace("return 401 '{", "return 200 '{"),
      check: 'no-token',
      line: 'auth_request /_tokensd;',
    },
    'passes the token on in Authorization': removed('proxy_set_header Authorization $api_authorization;', 'kept-token'),
    'passes the token on in X-API-Key': removed('proxy_set_header X-API-Key $api_key;', 'kept-token'),
    'passes X-Tokens-Authorization on': removed('proxy_set_header X-Tokens-Authorization "";', 'kept-token'),
    'removes the credentials of the API': {
      edit: (text) => text.replace('Authorization $api_authorization;', 'Authorization "";'),
      check: 'own-credential',
      line: 'proxy_set_header Authorization $api_authorization;',
    },
    'lets the client tell the host': removed('proxy_set_header X-Original-Host $host;', 'chosen-app'),
    'accepts underscores in header names': {
      edit: (text) => text.replace('location / {', 'underscores_in_headers on;\n\n  location / {'),
      check: 'told-identity-underscores',
      line: 'underscores_in_headers off;',
    },
    'passes on upgrades to h2c': {
      edit: (text) =>
        text.replace('~*^websocket$ websocket;', '~. $http_upgrade;').replace('  websocket upgrade;', '  ~. upgrade;'),
      check: 'h2c-upgrade',
      line: 'proxy_set_header Upgrade $websocket_upgrade;',
    },
    'has a location without auth_request': {
      edit: (text) =>
        text.replace(
          'location / {',
          `location //builds { proxy_pass ${upstream.url}; }\n  merge_slashes off;\n  location / {`,
        ),
      check: 'path-spellings',
      line: 'auth_request /_tokensd;',
    },
    'trusts X-Forwarded-For from any client': {
      edit: (text) =>
        text
          .replace('auth_request /_tokensd;', 'satisfy any; allow 10.0.0.1; deny all; auth_request /_tokensd;')
          .replace('location / {', 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n  location / {'),
      check: 'forged-address',
      line: 'satisfy all;',
    },
  },
  caddy: {
    'passes the token on in Authorization': removed(
      'request_header @token_in_authorization -Authorization',
      'kept-token',
    ),
    'passes X-Tokens-Authorization on': removed('request_header -X-Tokens-Authorization', 'kept-token'),
    'removes the credentials of the API': {
      edit: (text) => text.replace('request_header @token_in_api_key -X-API-Key', 'request_header -X-API-Key'),
      check: 'own-credential',
      line: 'request_header @token_in_api_key -X-API-Key',
    },
    'passes on X_Auth_* from the client': removed('request_header -X_Auth*', 'told-identity-underscores'),
    'passes on upgrades to h2c': removed('request_header @other_upgrade -Upgrade', 'h2c-upgrade'),
    'lets the client remove the identity': removed('request_header @naming -Connection', 'kept-identity'),
    'turns a 401 into a 200': {
      edit: (text) =>
        text.replace(
          'uri /verify/forward-auth',
          '$&\n\t\t\t@denied status 401\n\t\t\thandle_response @denied {\n\t\t\t\trespond "sign in" 200\n\t\t\t}',
        ),
      check: 'no-token',
      line: 'uri /verify/forward-auth',
    },
    'takes the host from the client': {
      edit: (text) =>
        text.replace(
          'uri /verify/forward-auth',
          '$&\n\t\t\theader_up X-Forwarded-Host {http.request.header.X-Original-Host}',
        ),
      check: 'chosen-app',
      line: 'uri /verify/forward-auth',
    },
    'never asks the daemon': {
      edit: (text) => text.replace(/\tforward_auth [\s\S]*?\n\t\t\}\n/, ''),
      check: 'no-token',
      line: 'uri /verify/forward-auth',
    },
    'asks another route of the daemon': {
      edit: (text) => text.replace('uri /verify/forward-auth', 'uri /healthz'),
      check: 'no-token',
      line: 'uri /verify/forward-auth',
    },
  },
};

const proxies = { nginx: startNginx, caddy: startCaddy };

/** Leaves `Authorization` to the API, as operators do whose API has credentials of its own. */
const onlyApiKey = {
  nginx: (text: string) =>
    text.replace('    proxy_pass_request_body off;', '$&\n    proxy_set_header Authorization "";'),
  caddy: (text: string) => text.replace('uri /verify/forward-auth', '$&\n\t\t\theader_up -Authorization'),
};

async function diagnose(proxy: keyof typeof proxies, edit: (text: string) => string) {
  const running = await proxies[proxy]({
    daemonUrl: `http://127.0.0.1:${daemon.port}`,
    upstreamUrl: upstream.url,
    edit,
  });
  onTestFinished(() => running.stop());
  const url = `http://127.0.0.1:${running.port}/builds/42`;
  const { code, stdout } = await cli.run(['doctor', 'proxy', url, '--json'], { stdin: token });
  const checks = JSON.parse(stdout) as Check[];
  return { code, failed: checks.filter(({ result }) => result === 'failed'), checks };
}

for (const proxy of ['nginx', 'caddy'] as const) {
  describe.skipIf(!hasRealParts(proxy))(`tokens doctor proxy through a real ${proxy}`, () => {
    it('passes every check with the shipped configuration and an API that echoes its headers', async () => {
      const { code, checks } = await diagnose(proxy, (text) => text);
      expect(checks.filter(({ result }) => result !== 'passed')).toEqual([]);
      expect(code).toBe(0);
    });

    it('passes every check at a gate that takes only X-API-Key, and says so', async () => {
      const { code, failed, checks } = await diagnose(proxy, onlyApiKey[proxy]);
      expect({ code, failed }).toEqual({ code: 0, failed: [] });
      expect(checks.find(({ check }) => check === 'good-token')?.detail).toBe(
        'responded 200; the gate takes X-API-Key and X-Tokens-Authorization, but not Token, Bearer and Basic',
      );
    });

    it.each(Object.entries(holes[proxy]))(
      'finds a configuration that %s and names the line that fixes it',
      async (_what, { edit, check, line }) => {
        const { code, failed } = await diagnose(proxy, (text) => {
          const edited = edit(text);
          expect(edited).not.toBe(text);
          return edited;
        });
        expect(failed.map((one) => one.check)).toContain(check);
        expect(failed.find((one) => one.check === check)?.[proxy]).toContain(line);
        expect(code).toBe(4);
      },
    );
  });
}
