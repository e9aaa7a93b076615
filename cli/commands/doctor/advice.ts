/** The lines of a configuration that close a hole, as the shipped configurations have them. */
export interface Advice {
  readonly nginx: readonly string[];
  readonly caddy: readonly string[];
}

/** The names under which an API is told who it is, and the variables of the shipped nginx configuration. */
export const identityNames = [
  'X-Auth-User',
  'X-Auth-User-Id',
  'X-Auth-User-Name',
  'X-Auth-Token-Id',
  'X-Auth-Token-Name',
  'X-Auth-Token-Prefix',
  'X-Auth-Superuser',
] as const;

export const protect: Advice = {
  nginx: ['auth_request /_tokensd;'],
  caddy: ['forward_auth 127.0.0.1:8420 {', 'uri /verify/forward-auth'],
};

/** Paths are told apart before they are asked about: then each location has to ask. */
export const protectEverything: Advice = {
  nginx: ['location / {', 'auth_request /_tokensd;'],
  caddy: ['route {', 'forward_auth 127.0.0.1:8420 {'],
};

export const askRightly: Advice = {
  nginx: ['proxy_pass http://tokensd/verify/auth-request;', 'proxy_pass_request_body off;'],
  caddy: ['uri /verify/forward-auth'],
};

export const tellOriginal: Advice = {
  nginx: ['proxy_set_header X-Original-Method $request_method;', 'proxy_set_header X-Original-URI $request_uri;'],
  caddy: ['uri /verify/forward-auth'],
};

/** An address that is let in unasked is nginx's `satisfy any`. */
export const tellPeer: Advice = {
  nginx: ['satisfy all;', 'proxy_set_header X-Forwarded-For $remote_addr;'],
  caddy: ['forward_auth 127.0.0.1:8420 {', 'uri /verify/forward-auth'],
};

export const keepConnection: Advice = {
  nginx: ['proxy_set_header Connection "";'],
  caddy: ['@naming header_regexp Connection (?i)x-auth', 'request_header @naming -Connection'],
};

export const stripUnderscores: Advice = {
  nginx: ['underscores_in_headers off;'],
  caddy: ['request_header -X_Auth*'],
};

/** What a client says under these names gives way to what tokensd says. */
export function strip(names: readonly string[]): Advice {
  const nginx = names.flatMap((name) => {
    const field = name.toLowerCase().replaceAll('-', '_');
    const variable = field.replace('x_', '$');
    return [`auth_request_set ${variable} $upstream_http_${field};`, `proxy_set_header ${name} ${variable};`];
  });
  return { nginx, caddy: ['request_header -X-Auth*'] };
}
