/** The environment variables that `tokens` reads, and what they do. A test compares the names with the settings page. */
export const environment: Readonly<Record<string, string>> = {
  TOKENS_SERVER: 'Address of the server, instead of that of your last sign-in. --server overrides it.',
  TOKENS_SESSION: 'A session secret for scripts. It is never written to disk.',
  TOKENS_KEY: 'A management key, used instead of a session. Set either this or TOKENS_SESSION.',
  TOKENS_KEY_FILE: 'A file that holds the management key, instead of TOKENS_KEY.',
  TOKENS_HEADERS: 'Header fields for a gateway in front of the server, as NAME: VALUE, one per line.',
  TOKENS_CREDENTIAL_STORE: 'Where to store sessions: keychain or file. By default, the keychain if there is one.',
  TOKENS_CONFIG_DIR: 'Configuration directory. By default, $XDG_CONFIG_HOME/tokens or ~/.config/tokens.',
  TOKENS_TIMEOUT: 'Timeout for a request, in seconds. By default, 30, and 5 for `tokens status`.',
  TOKENS_COMPLETE: 'If set to static, completion asks no server for names.',
  NO_COLOR: 'If set, output has no colors.',
  FORCE_COLOR:
    'If set, a terminal gets colors despite NO_COLOR and TERM=dumb. If 0, it gets none. Pipes never get any.',
  TZ: 'Time zone of times on a terminal, such as Europe/Berlin. By default, that of the machine.',
  HTTPS_PROXY: 'Proxy for requests to the server. HTTP_PROXY, ALL_PROXY and NO_PROXY are read as well, as in curl.',
  NODE_EXTRA_CA_CERTS: 'File with additional CA certificates.',
};
