import { isWellFormedToken } from '../../../shared/token-format.ts';

/**
 * What a search refuses, as the source of a regular expression that browsers and Node.js understand: a prefix, `_`, and more characters than
 * a display prefix has. That is the value of a token, most of one, or another secret of ours. A text in a URL ends up in the history of the
 * browser and in the logs of proxies.
 */
const secretSource = '[a-z][a-z0-9]{1,9}_(?:[0-9A-Za-z]{20}|[\\w+\\/\\-]{40})';

/**
 * What every other address of a page refuses, in the same form: the whole value of a token, or another secret of ours. Names, which links
 * carry as filters, can be longer than a display prefix.
 */
const wholeSecretSource = '[a-z][a-z0-9]{1,9}_(?:[0-9A-Za-z]{32}|[\\w+\\/\\-]{40})';

const secret = new RegExp(secretSource);
const wholeSecret = new RegExp(wholeSecretSource);

/** Characters that a copied value can contain because of where it was copied from: white space, quotes and invisible ones. */
const copiedSource = '[\\s\\p{C}\\p{QMark}`]';
const copied = new RegExp(copiedSource, 'gu');

/** The value of a token, also if such characters divide it. Only the server can compare its checksum. */
const dividedSource = `_(?:${copiedSource}*[0-9A-Za-z]){38}`;

/** The `pattern` of a search, which refuses secrets without script. */
export const searchPattern = patternWithout(secretSource);

/** The `pattern` of a filter, which refuses whole secrets without script. */
export const filterPattern = patternWithout(wholeSecretSource);

function patternWithout(source: string): string {
  return `(?!.*(?:${source}|${dividedSource})).*`;
}

/** Reports whether a text contains a secret or most of one, also if white space or other copied characters divide it. */
export function containsSecret(text: string): boolean {
  return secret.test(text) || containsDividedValue(text);
}

/** Reports whether a text contains a whole secret, also if white space or other copied characters divide it. */
export function containsWholeSecret(text: string): boolean {
  return wholeSecret.test(text) || containsDividedValue(text);
}

function containsDividedValue(text: string): boolean {
  const joined = text.replace(copied, '');
  for (const { index, 0: tail } of joined.matchAll(/_[0-9A-Za-z]{38}/g)) {
    for (let length = 2; length <= Math.min(10, index); length += 1) {
      if (isWellFormedToken(joined.slice(index - length, index) + tail)) return true;
    }
  }
  return false;
}
