import type { ProblemCode } from './problems.ts';

/** The cause and the remedy of every problem, as Markdown for the table in the documentation. */
export const problemDescriptions: Readonly<Record<ProblemCode, string>> = {
  'bad-request': 'The request is not well-formed HTTP or JSON. Check the syntax of its body, query and headers.',
  'invalid-fields': 'One or more fields are missing or invalid. `errors` names each field and says how to correct it.',
  'wrong-credentials':
    'The email address or the password is wrong, or the account cannot sign in with a password. Check both, or reset the password.',
  'totp-required':
    'The password is correct, but the account also needs a second factor. Repeat the request with `code` set to a code from the authenticator app or a recovery code.',
  'not-authenticated': 'The request has no session, or its session has ended. Sign in again.',
  'invalid-token':
    'The presented token is unknown, expired or revoked, or its owner may not use tokens. `X-Tokens-Reason` names the cause.',
  'session-required':
    'The request presented a personal API token, which may only read, rotate and revoke itself. Send a session instead.',
  'superuser-required': 'Only an Organization Superuser may do this. Ask one of them.',
  'scope-missing':
    'The management key lacks the scope that `detail` names. An Organization Superuser can create a key that has it.',
  'not-for-keys':
    'The request presented a management key, and no scope allows this to a key. An Organization Superuser can do it with their session.',
  'network-denied':
    "The token has a rule about networks, and the client's address is in none of them. Send the request from one of these networks, or ask for a change of the rule.",
  'permission-missing':
    'The member does not have the permission to create and manage personal API tokens. A superuser can grant it.',
  'monitoring-only':
    '`/metrics` responds only to monitoring systems that connect directly from a trusted address. Connect to `127.0.0.1`, or add the address to `TOKENSD_TRUSTED_PROXIES`.',
  'cross-site':
    "A browser sent the request from another site, so the session cookie was not accepted. Open the page at the server's public URL.",
  'form-expired': 'The form was loaded too long ago, or the account changed since. Reload the page and try again.',
  'confirmation-required':
    'The request changes who has power in the organization or how a member signs in, and the session has not confirmed within the last hour who uses it. Send the password to `POST /api/v1/sessions/current/confirm` and repeat the request, or sign in again.',
  'wrong-password': 'The current password is wrong. Enter it again.',
  'wrong-code':
    'The code from the authenticator app, or the recovery code, is wrong or was already used. Enter the current one.',
  'totp-setup-required':
    'The organization requires two-factor sign-in, and this account has not turned it on. Turn it on under Profile.',
  'password-sign-in-off':
    '`TOKENSD_PASSWORD_SIGN_IN` does not let this member use a password, whether or not the password is right. Use single sign-on.',
  'sso-refused':
    'The identity provider denied the sign-in, or its account does not match a member who may sign in. Ask a superuser.',
  'not-found': 'Nothing exists at this address. Check the path.',
  'token-not-found': 'No token has this ID, or it belongs to another member. List the tokens to find the right one.',
  'user-not-found': 'No member has this ID or email address. List the members to find the right one.',
  'client-not-found': 'No OAuth client has this ID or name. List the clients to find the right one.',
  'service-account-not-found':
    'There is no service account with this name or ID, or the member does not maintain it. Check the spelling.',
  'service-account-disabled': 'A disabled service account gets no new tokens. An Organization Superuser can enable it.',
  'app-not-found': 'No app has this ID or name. List the apps to find the right one.',
  'trust-not-found':
    'No trust has this ID or name, or the member does not maintain its service account. List the trusts to find the right one.',
  'webhook-not-found': 'No webhook has this ID. List the webhooks to find the right one.',
  'delivery-not-found': 'The webhook has no delivery with this ID. Deliveries are deleted after 30 days.',
  'event-not-found':
    'No audit event has the ID in `after`, perhaps because a backup was restored. Start again from the first event or from the latest one.',
  'method-not-allowed': 'The path does not accept this method. The `Allow` header lists the methods that it accepts.',
  'request-timeout': 'The request body took too long to arrive. Send the request again.',
  'name-taken':
    'The owner already has a token with this name, ignoring case, or there is a client, an app or a trust of this name. Choose another name.',
  'host-taken': 'Another app has one of these hosts. A host belongs to one app, so remove it from the other one first.',
  'service-account-exists':
    '`tokensd init` creates the first service account, and this database has one already. A superuser can create a management key.',
  'app-in-use':
    'Tokens are restricted to this app. With `--force` (`?force=true`), the app is deleted anyway. Tokens without another app are then denied everywhere.',
  'url-taken': 'Another webhook has this URL. Change the events of that one instead.',
  'webhook-limit': 'There are 100 webhooks already. Delete one that is no longer used.',
  'webhook-disabled': 'Nothing is sent to a webhook that is disabled. Enable it, then try again.',
  'email-taken': 'Another member already has this email address. Use another address.',
  'already-joined':
    'Only a member who has no password and never signed in can be invited. A disabled account has to be enabled first.',
  'not-connected':
    'The member has no identity at the identity provider, so there is nothing to unbind. A member with a password connects single sign-on on **Profile**.',
  'totp-enabled': 'Two-factor sign-in is already on, or its set-up was not started. Start the set-up again.',
  'token-limit':
    'The member has as many tokens as `TOKENSD_MAX_TOKENS_PER_USER` allows. Revoke one that is no longer used.',
  canary:
    'The token is a canary: its value never works, so it can be edited, paused and revoked, but not rotated or transferred. Revoke it, and create another one.',
  'exchanged-token':
    'A job received this token in exchange for its identity token. It ends within an hour, so it can be paused and revoked, but not edited or rotated. Change its trust instead.',
  'token-inactive':
    'The token is paused, expired or idle, or its owner may not use tokens. The message names the reason. A paused token can be rotated with `overlap` 0. `tokens check` reports it with status 0 and exit code 4.',
  'email-from-sso':
    'The member signs in through the identity provider, which sends their email address at each sign-in. Change it there.',
  'disable-first':
    'Only a disabled member can be erased, because the erasure of an account in use would never be complete. Offboard or disable the member first.',
  'own-account':
    'Superusers cannot delete, erase or unbind their own account, reset their own second factor, or change their own email address among the members. Use your profile, or ask another superuser.',
  'last-superuser':
    'The change would leave the organization without an enabled superuser. Promote another member first.',
  'too-few-uses':
    'The token was used less than 20 times in the period, which says little about what it needs. Choose a longer period, or use `--force`.',
  'idempotency-mismatch':
    'This `Idempotency-Key` was already used for a request with a different body. Use a new key for a new request.',
  'link-expired': 'The link from the mail has expired, was replaced or was already used. Request a new one.',
  'changed-meanwhile':
    'The object is not as `If-Match` says, because somebody changed it. Read it again, and decide again.',
  'body-too-large': 'The request body is larger than the route accepts. Send less data.',
  'unsupported-media-type': 'The route does not accept this `Content-Type`. Send JSON as `application/json`.',
  throttled:
    'There were too many attempts, or the server is busy with sign-ins. Wait for the time that `Retry-After` gives, then try again.',
  internal:
    "An unexpected error occurred on the server. Report it to the operator of the server with the request ID, which is also in the server's log.",
  'sso-misconfigured':
    "The server's single sign-on settings do not fit the identity provider, or the provider's registration of this server is wrong. Tell the operator: the server's log names the cause and the setting.",
  unavailable:
    'The server cannot reach its database or is overloaded, and nothing was changed. Try again in a few seconds.',
  'outcome-unknown':
    'The database connection was lost during commit, so the change may have been saved. Check before you retry.',
  'sso-unavailable':
    'The identity provider cannot be reached or gave an invalid response. Try again later, or sign in another way.',
  'storage-full': 'The database has no space left, so nothing was changed. The operator must free some space.',
  usage: 'The command line has an unknown flag, a missing argument or an invalid value. Run the command with `--help`.',
  'invalid-file': 'The file of the declared state, or of members, has mistakes. `errors` names each one with its line.',
  'ambiguous-name': 'More than one token matches the name. Use the exact name or the prefix.',
  'insecure-server':
    'The server address would send secrets over plain HTTP, contains a password or has an unsupported scheme. Use an `https://` address.',
  'nothing-on-stdin': 'The command reads a secret from stdin, but none arrived. Pipe it in.',
  'login-denied': 'The sign-in was denied in the browser. Run `tokens login` again and approve it.',
  'exchange-refused':
    'The server or GitHub refused the identity token of the job. The message names what did not match: compare the claims of the job with those of the trust.',
  'not-signed-in': 'There is no session for this server on this machine. Run `tokens login`.',
  'rotate-first':
    'The token was transferred and has not been rotated since, so its former owner knows the value. Rotate the token; then extend its expiry or let it rotate itself.',
  'rotation-pending':
    'The value before the last rotation still works. Wait until it ends, end it, or send `end_previous`.',
  'no-previous-value': 'No value from before a rotation is accepted, so there is none to end.',
  'owner-only': 'Only the owner of the token may do this, not even a superuser.',
  'paused-by-superuser':
    'A superuser or a management key paused the token, so only a superuser may resume it or change the pause.',
  'self-rotate-off':
    'The token does not have `self_rotate`, so it may not rotate itself. Rotate it with a session, or turn self-rotation on.',
  'previous-value':
    'The value that the request presented is no longer the current one. It may rotate the token only a minute after a self-rotation whose new value nobody used.',
  'proxy-hole':
    '`tokens doctor proxy` found requests that the proxy handles unsafely. The output lists each failed check.',
  'value-found':
    'The scan found a value of a token that works or can be resumed, or with `--offline` any well-formed value. Revoke or rotate the token, and remove the value.',
  'scan-incomplete':
    'The scan found no live value, but could not read some files or directories. The warnings name them. Scan as a user who may read them, or leave them out.',
  'other-token':
    'The file of `tokens ensure` holds the value of another token, or of another server. Give another file, or remove this one to replace it.',
  'value-not-kept':
    'The keychain or the file has no value for this token. Create a new token with `--store`, or write the file with `tokens ensure`.',
  'server-not-known':
    'This machine has never signed in to that server. Run `tokens servers list` to see the known ones.',
  'no-keychain':
    "The operating system's keychain is missing or locked. Unlock it, or use `--credential-store file` to sign in.",
  'not-tokensd': 'The response did not come from `tokensd`. Check the server address.',
  redirected:
    'The server redirected the request, and the CLI never follows redirects. Use the address that the message names.',
  unwritable: 'The output or a local file could not be written. Check the free space and the permissions.',
  'damaged-file': 'A local file is damaged, unreadable or not private. The message says how to replace it.',
  unexpected: 'An unexpected error occurred in the CLI. Run the command with `--verbose` for details.',
  'login-expired': 'The sign-in was not completed in time. Run `tokens login` again.',
  unreachable:
    'The server could not be reached or did not respond in time. Check the address and the network, then try again.',
  'command-not-run': '`tokens exec` found the command but could not run it. Check that it is an executable file.',
  'command-not-found': '`tokens exec` found no such command. Check its name and `PATH`.',
  cancelled: 'The command was cancelled with Ctrl-C or by answering no. The message says whether anything was changed.',
};
