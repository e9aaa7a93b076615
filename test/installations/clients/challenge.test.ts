import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../../helpers/app/http.ts';
import { type ClientHome, createClientHome } from '../../helpers/gate/client-programs.ts';
import { type Gate, gateProxies, openGate } from '../../helpers/gate/gate.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const javaClient = `
import java.net.*;
import java.net.http.*;

class Client {
  public static void main(String[] args) throws Exception {
    var authenticator = new Authenticator() {
      @Override protected PasswordAuthentication getPasswordAuthentication() {
        return new PasswordAuthentication("ada", System.getenv("TOKEN").toCharArray());
      }
    };
    var client = HttpClient.newBuilder().authenticator(authenticator).version(HttpClient.Version.HTTP_1_1).build();
    var response = client.send(HttpRequest.newBuilder(URI.create(args[0])).build(), HttpResponse.BodyHandlers.ofString());
    System.out.println(response.statusCode());
  }
}
`;

interface ChallengeClient {
  program: string;
  /** Requests the address with this token and returns whether the program reported success. */
  use(home: ClientHome, url: string, token: string): Promise<boolean>;
}

/** Clients that send a password only after a 401 that offers Basic. */
const clients: Record<string, ChallengeClient> = {
  'wget --user --password': {
    program: 'wget',
    use: async (home, url, token) => {
      const args = ['--quiet', '--tries=1', '--output-document=-', '--user=ada', `--password=${token}`, url];
      return (await home.run('wget', args)).code === 0;
    },
  },
  'wget with .netrc': {
    program: 'wget',
    use: async (home, url, token) => {
      await home.write('.netrc', `machine 127.0.0.1 login ada password ${token}\n`);
      return (await home.run('wget', ['--quiet', '--tries=1', '--output-document=-', url])).code === 0;
    },
  },
  'curl --anyauth': {
    program: 'curl',
    use: async (home, url, token) => {
      const { stdout } = await home.run(
        'curl',
        ['-sS', '--anyauth', '-o', 'out', '-w', '%{http_code}', '-K', '-', url],
        {
          input: `user = "ada:${token}"\n`,
        },
      );
      return stdout === '200';
    },
  },
  "Java's HttpClient with an Authenticator": {
    program: 'java',
    use: async (home, url, token) => {
      const source = await home.write('Client.java', javaClient);
      const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', source, url];
      const { stdout } = await home.run('java', options, { env: { TOKEN: token } });
      return stdout.trim() === '200';
    },
  },
  'skopeo login': {
    program: 'skopeo',
    use: async (home, url, token) => {
      const args = ['login', '--tls-verify=false', '--authfile', 'auth.json', '--username', 'ada', '--password-stdin'];
      return (await home.run('skopeo', [...args, new URL(url).host], { input: token })).code === 0;
    },
  },
};

for (const gateProxy of gateProxies) {
  describe.skipIf(gateProxy.skip)(`a client of ${gateProxy.name} with ?challenge=basic`, () => {
    let gate: Gate;
    let home: ClientHome;
    beforeAll(async () => {
      gate = await openGate(gateProxy, { edit: gateProxy.offerBasic });
    });
    beforeEach(async () => {
      home = await createClientHome();
      gate.api.requests.length = 0;
    });
    afterEach(() => home.remove());
    afterAll(() => gate.stop());

    it('gets a 401 with exactly one challenge, Basic', async () => {
      for (const headers of [[], [['Authorization', 'Bearer nonsense']]] satisfies Array<Array<[string, string]>>) {
        const response = await send(gate.proxy.port, { path: '/builds/42?challenge=any', headers });
        expect([response.status, response.all('WWW-Authenticate')]).toEqual([401, ['Basic realm="tokensd"']]);
      }
      expect(gate.api.requests).toEqual([]);
    });

    for (const [name, { program, use }] of Object.entries(clients)) {
      it.skipIf(!hasRealParts(program))(`is accepted if it is ${name}`, async () => {
        expect(await use(home, `${gate.url}/builds/42`, gate.token.value)).toBe(true);
        expect(gate.api.requests.map(({ headers }) => headers['x-auth-user'])).toContain('dev@example.com');
        expect(JSON.stringify(gate.api.requests)).not.toContain(gate.token.value);
      });

      it.skipIf(!hasRealParts(program))(`is rejected if it is ${name} and has another password`, async () => {
        expect(await use(home, `${gate.url}/builds/42`, `${gate.token.value}x`)).toBe(false);
        expect(gate.api.requests).toEqual([]);
      });
    }
  });
}
