import type { Keytar } from '../keychain.ts';
import { type RunTool, type ToolResult, toolError } from './run-tool.ts';

/** The attributes by which keytar finds its entries. */
function attributes(service: string, account: string): string[] {
  return ['xdg:schema', 'org.freedesktop.Secret.Generic', 'service', service, 'account', account];
}

/** Returns the keychain of Linux desktops through `secret-tool` of libsecret. It reads secrets from its standard input. */
export function secretTool(run: RunTool): Keytar {
  return {
    async getPassword(service, account) {
      const result = await run(['lookup', ...attributes(service, account)]);
      return wasFound(result) ? result.stdout : null;
    },
    async setPassword(service, account, password) {
      const label = `--label=${service}/${account}`;
      const result = await run(['store', label, ...attributes(service, account)], password);
      if (result.code !== 0) throw toolError(result);
    },
    deletePassword: async (service, account) => wasFound(await run(['clear', ...attributes(service, account)])),
  };
}

/** Returns whether there was an entry. If there was none, `secret-tool` fails without a word. @throws Error if it failed otherwise */
function wasFound(result: ToolResult): boolean {
  if (result.code === 0) return true;
  if (result.code === 1 && result.stderr === '') return false;
  throw toolError(result);
}
