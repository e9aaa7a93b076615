import type { Config } from '../config/config.ts';
import { readSettingFile } from '../config/settings/setting-file.ts';
import type { FailureKind } from '../store/errors.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

type DatabaseConfig = Pick<Config, 'databaseUrl' | 'databaseUrlFile'>;

/** Opens the store that the settings name. Calls `onFailure` for each statement or transaction that fails. */
export function openDatabase(config: DatabaseConfig, onFailure?: (kind: FailureKind) => void): Promise<Store> {
  return openStore(databaseUrlOf(config), onFailure);
}

/** Returns the database URL, or a function that reads its file again, so that the store follows a new password. */
export function databaseUrlOf({ databaseUrl, databaseUrlFile }: DatabaseConfig): string | (() => string) {
  return databaseUrlFile === null ? databaseUrl : () => readSettingFile(databaseUrlFile);
}
