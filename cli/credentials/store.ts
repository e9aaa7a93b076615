import type { Server } from '../session/server-url.ts';

/** Stores secrets by account name. `get` returns null for an unknown account, and `delete` ignores one. */
export interface CredentialStore {
  get(account: string): Promise<string | null>;
  set(account: string, secret: string): Promise<void>;
  delete(account: string): Promise<void>;
}

export type CredentialStoreName = 'keychain' | 'file';

export function isCredentialStoreName(text: string): text is CredentialStoreName {
  return text === 'keychain' || text === 'file';
}

/** Returns the account of the session for a server. */
export function sessionAccount(server: Pick<Server, 'host'>): string {
  return `${server.host}/session`;
}

/** Returns the account of the header fields for the gateway in front of a server. */
export function headersAccount(server: Pick<Server, 'host'>): string {
  return `${server.host}/headers`;
}

/** Returns the account of a token value stored by `create --store`. */
export function tokenAccount(server: Pick<Server, 'host'>, owner: string, name: string): string {
  return `${server.host}/token/${owner}/${name}`;
}
