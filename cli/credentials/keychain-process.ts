import process from 'node:process';
import type { KeytarRequest, KeytarResponse } from './fork-keytar.ts';

const respond = (response: KeytarResponse) => process.send?.(response);

// Ctrl-C reaches every process of the terminal. The parent process decides what it means.
process.on('SIGINT', () => undefined);
// SIGKILL, because a thread that is blocked in the keychain would keep any other exit from completing.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  // keytar is an optional dependency. Without a literal name, neither the compiler nor the bundler tries to resolve it.
  const module: string = 'keytar';
  const keytar: Record<KeytarRequest['name'], (...args: readonly string[]) => Promise<KeytarResponse['value']>> = (
    await import(module)
  ).default;
  process.on('message', ({ id, name, args }: KeytarRequest) => {
    keytar[name](...args).then(
      (value) => respond({ id, value }),
      (error: Error) => respond({ id, error: error.message }),
    );
  });
  respond({ id: 0 });
} catch {
  process.disconnect();
}
