import { readConfig } from '../../config/config.ts';
import { type ListenAddress, localAddress } from '../../config/listen-address.ts';
import { CommandError, type Context } from '../../context.ts';
import { askLocally } from './local-request.ts';

/** Longer than the daemon waits for its database, and shorter than the limits of container runtimes. */
const maxMs = 4_000;

/**
 * Asks the running daemon whether it is ready, at the address of `TOKENSD_LISTEN`.
 * @throws ConfigError
 * @throws CommandError 1 if it is not ready, or does not answer in time
 */
export async function runHealthy({ env, stdout }: Context): Promise<void> {
  const { listen } = readConfig(env);
  const address = localAddress(listen);
  const problem = await findProblem(listen);
  if (problem !== null) throw new CommandError(`tokensd is not ready at ${address}: ${problem}`, 1);
  await stdout.write(`tokensd is ready at ${address}.\n`);
}

/** Returns what keeps the daemon from being ready, or null. */
async function findProblem(listen: ListenAddress): Promise<string | null> {
  if ('port' in listen && listen.port === 0) {
    return 'the system chose its port. Set a port in TOKENSD_LISTEN to ask it.';
  }
  try {
    const { status, body } = await askLocally(listen, '/readyz', maxMs);
    if (status === 200 && isOk(body)) return null;
    return status === 200 ? 'another program answers. Correct TOKENSD_LISTEN.' : `status ${status}.`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ETIMEDOUT') return `no answer within ${maxMs / 1000} seconds.`;
    return `no answer (${code ?? 'unknown error'}). Start it with tokensd serve.`;
  }
}

function isOk(body: string): boolean {
  try {
    return JSON.parse(body).status === 'ok';
  } catch {
    return false;
  }
}
