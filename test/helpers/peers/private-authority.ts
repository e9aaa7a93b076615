import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PrivateAuthority {
  /** File with the authority's own certificate, as PEM. */
  caFile: string;
  /** Returns a certificate for a host and its key, as PEM. */
  issue(host: string): { cert: string; key: string };
  remove(): void;
}

/** Creates a certificate authority that no machine trusts, like the one of a company. Needs `openssl`. */
export function createPrivateAuthority(): PrivateAuthority {
  const directory = mkdtempSync(join(tmpdir(), 'tokens-authority-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    '-days',
    '2',
    ...newKey,
    '-subj',
    '/CN=Example Corp CA',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  return {
    caFile: join(directory, 'ca.pem'),
    issue(host) {
      writeFileSync(join(directory, 'extensions'), `subjectAltName=DNS:${host}\n`);
      openssl('req', ...newKey, '-subj', `/CN=${host}`, '-keyout', 'host.key', '-out', 'host.csr');
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions'];
      openssl('x509', '-req', '-days', '2', '-in', 'host.csr', ...by, '-out', 'host.pem');
      return { cert: read('host.pem'), key: read('host.key') };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
