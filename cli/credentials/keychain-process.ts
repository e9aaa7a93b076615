import process from 'node:process';
import type { KeychainAnswer, KeychainCall } from './fork-keytar.ts';

const answer = (message: KeychainAnswer) => process.send?.(message);

// Ctrl-C reaches every process of the terminal; what it means is decided by the one that started this.
process.on('SIGINT', () => undefined);
// A thread that hangs in the keychain would hold up any other way to end.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  // An optional dependency: neither the compiler nor the bundler may rely on it.
  const module: string = 'keytar';
  const keytar: Record<KeychainCall['name'], (...args: readonly string[]) => Promise<KeychainAnswer['value']>> = (
    await import(module)
  ).default;
  process.on('message', ({ id, name, args }: KeychainCall) => {
    keytar[name](...args).then(
      (value) => answer({ id, value }),
      (error: Error) => answer({ id, error: error.message }),
    );
  });
  answer({ id: 0 });
} catch {
  process.disconnect();
}
