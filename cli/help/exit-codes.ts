/** What each exit code of `tokens` means. A test compares the keys with the codes that problems use. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'The command succeeded.',
  1: 'Something unexpected happened: the server failed (5xx), is not a tokensd server or redirects elsewhere, output could not be written, or there is no OS keychain.',
  2: 'The command line or its input is invalid.',
  3: 'The thing that the command names does not exist.',
  4: 'You are not signed in or not allowed to do this. For `check`: the token is not active. For `check` and `test`: the request would be denied. For `doctor`: a check failed. For `scan`: a value works. For `status`: the session has ended.',
  5: 'There is a conflict: a name or an email address is taken, a limit is reached, a token is not active, or it concerns the last superuser.',
  6: 'The server cannot be reached or did not respond in time. For `status`: also if something else responds in its place.',
  7: 'There were too many attempts. Wait and try again.',
  126: '`tokens exec`: the command cannot be run.',
  127: '`tokens exec`: there is no such command.',
  130: 'You cancelled the command with Ctrl-C or by answering no.',
};
