import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns a new self-signed certificate for one host name, and its key, as PEM. Needs `openssl`. */
export function selfSignedCertificate(hostName: string): { cert: string; key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'tokens-certificate-'));
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', `/CN=${hostName}`, '-addext', `subjectAltName=DNS:${hostName}`];
    execFileSync(
      'openssl',
      ['req', '-x509', '-days', '2', ...key, ...subject, '-keyout', 'key.pem', '-out', 'cert.pem'],
      {
        cwd: directory,
        stdio: 'ignore',
      },
    );
    const read = (name: string) => readFileSync(join(directory, name), 'utf8');
    return { cert: read('cert.pem'), key: read('key.pem') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
