import type { Server } from '../session/server-url.ts';

/** A place for secrets, by account. `get` answers null for an account that is not there. */
export interface CredentialStore {
  get(account: string): Promise<string | null>;
  set(account: string, secret: string): Promise<void>;
  delete(account: string): Promise<void>;
}

export type CredentialStoreName = 'keychain' | 'file';

export function isCredentialStoreName(text: string): text is CredentialStoreName {
  return text === 'keychain' || text === 'file';
}

/** Where the session for a server is kept. */
export function sessionAccount(server: Pick<Server, 'host'>): string {
  return `${server.host}/session`;
}

/** Where `create --store` keeps a token's value. */
export function tokenAccount(server: Pick<Server, 'host'>, owner: string, name: string): string {
  return `${server.host}/token/${owner}/${name}`;
}
