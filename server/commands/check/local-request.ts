import { Agent, type RequestOptions, request } from 'node:http';
import { type ListenAddress, localAddress } from '../../config/listen-address.ts';

/** More than any answer to these requests. */
const maxBodyBytes = 65_536;

/** What a server on this machine answered. */
export interface LocalAnswer {
  status: number;
  /** The fields `WWW-Authenticate` and `Location`, or null. */
  challenge: string | null;
  location: string | null;
  /** The first 64 KiB. */
  body: string;
}

/**
 * Sends a GET request to a server on this machine, at its address and port or at its Unix socket, without a proxy.
 * @throws Error with the code of Node.js, `ETIMEDOUT` after `maxMs` included
 */
export function askLocally(address: ListenAddress, path: string, maxMs: number): Promise<LocalAnswer> {
  // Without an agent of its own, a request may use the proxy of the environment.
  const agent = new Agent();
  const signal = AbortSignal.timeout(maxMs);
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(signal.aborted ? Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }) : error);
    const outgoing = request({ ...targetOf(address), path, agent, signal }, (response) => {
      let body = '';
      const { statusCode: status = 0, headers } = response;
      const challenge = headers['www-authenticate'] ?? null;
      const done = () => resolve({ status, challenge, location: headers.location ?? null, body });
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        if (body.length < maxBodyBytes) return;
        done();
        response.destroy();
      });
      response.once('end', done).once('error', failed);
    });
    outgoing.once('error', failed).end();
  });
}

function targetOf(address: ListenAddress): RequestOptions {
  if ('socket' in address) return { socketPath: address.socket };
  const { hostname, port } = new URL(localAddress(address));
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port };
}
