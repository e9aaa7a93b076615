import type { AppKey, AppMatch } from '../../store/records.ts';

/** Apps in memory, as they were at one version of all apps. */
export interface KnownApps {
  /** The version at which all of them were read. Undefined if nothing is known. */
  readonly version: string | undefined;
  /** Returns the app of a key, null if no app has it, or undefined if that is not known. */
  find(key: AppKey): AppMatch | null | undefined;
  /**
   * Remembers what one statement found: the version, and the app of each key. Forgets what is known about any other version.
   * Remembers nothing if the version is null.
   */
  remember(version: string | null, keys: readonly AppKey[], apps: ReadonlyArray<AppMatch | null>): void;
}

interface KnownAppsOptions {
  /** Maximum number of keys of apps. There is an equal number of keys that no app has. */
  maxKeys?: number;
}

/** No app has a longer name or host. */
const maxKeyLength = 253;

/**
 * Creates the memory. Keys that no app has are remembered too, because most hosts of a proxy may have none. Clients choose these
 * freely, so that they have a limit of their own, and displace no app.
 */
export function createKnownApps({ maxKeys = 4_000 }: KnownAppsOptions = {}): KnownApps {
  let version: string | undefined;
  const found = createKeyMap<AppMatch>(maxKeys);
  const absent = createKeyMap<null>(maxKeys);
  return {
    get version() {
      return version;
    },
    find: (key) => found.get(key) ?? absent.get(key),
    remember(readVersion, keys, apps) {
      if (readVersion === null) return;
      if (readVersion !== version) {
        found.clear();
        absent.clear();
        version = readVersion;
      }
      keys.forEach((key, index) => {
        const app = apps[index] ?? null;
        if (app === null) absent.set(key, app);
        else found.set(key, app);
      });
    },
  };
}

/** Creates a map by keys of apps that forgets its oldest entry when it is full. */
function createKeyMap<T>(maxEntries: number) {
  const [names, hosts] = [new Map<string, T>(), new Map<string, T>()];
  const mapOf = ({ kind }: AppKey) => (kind === 'name' ? names : hosts);
  const textOf = (key: AppKey) => (key.kind === 'name' ? key.name : key.host);
  return {
    get: (key: AppKey) => mapOf(key).get(textOf(key)),
    set(key: AppKey, value: T) {
      const [map, text] = [mapOf(key), textOf(key)];
      if (text.length > maxKeyLength) return;
      map.set(text, value);
      for (const oldest of map.keys()) {
        if (map.size <= maxEntries) break;
        map.delete(oldest);
      }
    },
    clear() {
      names.clear();
      hosts.clear();
    },
  };
}
