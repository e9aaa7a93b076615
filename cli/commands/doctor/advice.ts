/** Configuration lines that close a hole. They are lines of the configurations in `examples/`, or nginx's defaults. */
export interface Advice {
  readonly nginx: readonly string[];
  readonly caddy: readonly string[];
}

/** The header fields that tell an API who the caller is. */
export const identityNames = [
  'X-Auth-User',
  'X-Auth-User-Id',
  'X-Auth-User-Name',
  'X-Auth-User-Kind',
  'X-Auth-Token-Id',
  'X-Auth-Token-Name',
  'X-Auth-Token-Prefix',
  'X-Auth-Token-Expires',
  'X-Auth-Superuser',
  'X-Auth-Groups',
  'X-Auth-App',
] as const;

/** Verify requests to the API. */
export const verifyRequests: Advice = {
  nginx: ['auth_request /_tokensd;'],
  caddy: ['forward_auth 127.0.0.1:8420 {', 'uri /verify/forward-auth'],
};

/** Verify requests to every path. The proxy matches paths before it verifies, so each location must verify. */
export const verifyAllPaths: Advice = {
  nginx: ['location / {', 'auth_request /_tokensd;'],
  caddy: ['route {', 'forward_auth 127.0.0.1:8420 {'],
};

/** Send the verification request to the right route, without the body. */
export const useVerifyRoute: Advice = {
  nginx: ['proxy_pass http://tokensd/verify/auth-request;', 'proxy_pass_request_body off;'],
  caddy: ['uri /verify/forward-auth'],
};

/** Send the method and the URI of the original request. */
export const sendOriginal: Advice = {
  nginx: ['proxy_set_header X-Original-Method $request_method;', 'proxy_set_header X-Original-URI $request_uri;'],
  caddy: ['uri /verify/forward-auth'],
};

/** Send the host of the original request, so that a client cannot. */
export const sendHost: Advice = {
  nginx: ['proxy_set_header X-Original-Host $host;'],
  caddy: ['uri /verify/forward-auth'],
};

/** Name the app, in place of deciding by the host. */
export const nameApp: Advice = {
  nginx: ['proxy_pass http://tokensd/verify/apps/NAME/auth-request;'],
  caddy: ['uri /verify/apps/NAME/forward-auth'],
};

/** Remove the field that carried the token, and pass the others on. */
export const passCredentialsOn: Advice = {
  nginx: [
    'auth_request_set $tokens_credential $upstream_http_x_tokens_credential;',
    'proxy_set_header Authorization $api_authorization;',
    'proxy_set_header X-API-Key $api_key;',
    'proxy_set_header X-Tokens-Authorization "";',
  ],
  caddy: [
    'request_header @token_in_authorization -Authorization',
    'request_header @token_in_api_key -X-API-Key',
    'request_header -X-Tokens-Authorization',
  ],
};

/** Send the address of the peer. In nginx, `satisfy any` would also allow requests by address alone. */
export const sendPeerAddress: Advice = {
  nginx: ['satisfy all;', 'proxy_set_header X-Forwarded-For $remote_addr;'],
  caddy: ['forward_auth 127.0.0.1:8420 {', 'uri /verify/forward-auth'],
};

/** Ignore the client's `Connection`, which can name fields that the proxy then removes. */
export const ignoreConnection: Advice = {
  nginx: ['proxy_set_header Connection "";'],
  caddy: ['@naming header_regexp Connection (?i)x-auth', 'request_header @naming -Connection'],
};

/** Remove fields whose names contain underscores, which some API servers treat as hyphens. */
export const removeUnderscores: Advice = {
  nginx: ['underscores_in_headers off;'],
  caddy: ['request_header -X_Auth*'],
};

/** Pass on upgrades to WebSocket and no others. */
export const upgradeOnlyToWebSocket: Advice = {
  nginx: ['proxy_set_header Upgrade $websocket_upgrade;', 'proxy_set_header Connection $websocket_connection;'],
  caddy: ['request_header @websocket Upgrade websocket', 'request_header @other_upgrade -Upgrade'],
};

/** Returns the lines that replace the client's values of these fields with those of tokensd. */
export function replaceFields(names: readonly string[]): Advice {
  const nginx = names.flatMap((name) => {
    const field = name.toLowerCase().replaceAll('-', '_');
    const variable = field.replace('x_', '$');
    return [`auth_request_set ${variable} $upstream_http_${field};`, `proxy_set_header ${name} ${variable};`];
  });
  return { nginx, caddy: ['request_header -X-Auth*'] };
}
