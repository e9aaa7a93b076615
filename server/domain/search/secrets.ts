import { isWellFormedToken } from '../../../shared/token-format.ts';

/**
 * What a search refuses, as the source of a regular expression that browsers and Node.js understand: a prefix, `_`, and more characters than
 * a display prefix has. That is the value of a token, most of one, or another secret of ours. A text in a URL ends up in the history of the
 * browser and in the logs of proxies.
 */
export const secretSource = '[a-z][a-z0-9]{1,9}_(?:[0-9A-Za-z]{20}|[\\w+\\/\\-]{40})';

const secret = new RegExp(secretSource);

/** Characters that a copied value can contain because of where it was copied from: white space, quotes and invisible ones. */
const copied = /[\s\p{C}"'`“”‘’]/gu;

/** Reports whether a text contains a secret, also if white space or other copied characters divide it. */
export function containsSecret(text: string): boolean {
  if (secret.test(text)) return true;
  const joined = text.replace(copied, '');
  for (const { index, 0: tail } of joined.matchAll(/_[0-9A-Za-z]{38}/g)) {
    for (let length = 2; length <= Math.min(10, index); length += 1) {
      if (isWellFormedToken(joined.slice(index - length, index) + tail)) return true;
    }
  }
  return false;
}
