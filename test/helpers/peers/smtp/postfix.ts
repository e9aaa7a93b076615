import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../daemon/daemon.ts';
import { selfSignedCertificate } from '../certificate.ts';
import { searchPath } from '../real-parts.ts';

export const postfixName = 'relay.acme.example';

export interface Postfix {
  port: number;
  /** File with its self-signed certificate for `postfixName`. */
  certificate: string;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts Debian's Postfix as a careful relay: it offers STARTTLS with a self-signed certificate, and rejects a client that
 * introduces itself with an address literal or a short name, and a sender without a full domain. It passes mail on to
 * `nextHopPort`. Needs root, because Postfix does.
 */
export async function startPostfix(nextHopPort: number): Promise<Postfix> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-postfix-'));
  const at = (name: string) => join(directory, name);
  const port = await freePort();
  const { cert, key } = selfSignedCertificate(postfixName);
  await chmod(directory, 0o755);
  for (const name of ['config', 'queue', 'data']) await mkdir(at(name));
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postfix'])));
  await chown(at('data'), uid ?? 0, gid ?? 0);
  await writeFile(at('certificate.pem'), cert);
  await writeFile(at('key.pem'), key, { mode: 0o600 });
  await writeFile(at('config/main.cf'), mainCf(directory, nextHopPort));
  await writeFile(at('config/master.cf'), masterCf(port));
  const postfix = (command: string) =>
    execFileSync('postfix', ['-c', at('config'), command], { env: { PATH: searchPath() }, stdio: 'pipe' });
  postfix('start');
  return {
    port,
    certificate: at('certificate.pem'),
    log: () => readFile(at('log'), 'utf8'),
    async stop() {
      postfix('stop');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function mainCf(directory: string, nextHopPort: number): string {
  return `
compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
maillog_file = ${directory}/log
maillog_file_prefixes = ${tmpdir()}
myhostname = ${postfixName}
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:${nextHopPort}
smtp_tls_security_level = none
smtpd_tls_cert_file = ${directory}/certificate.pem
smtpd_tls_key_file = ${directory}/key.pem
smtpd_tls_security_level = may
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_non_fqdn_helo_hostname,
  check_helo_access regexp:{ { /^\\[/ 504 5.5.2 need fully-qualified hostname } }
smtpd_sender_restrictions = reject_non_fqdn_sender
`;
}

function masterCf(port: number): string {
  return `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}
