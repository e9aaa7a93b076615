/** An address as someone wrote it. `email` may be no address at all: the caller checks it. */
export interface PastedAddress {
  email: string;
  /** Empty if there is no name. */
  name: string;
}

/**
 * The parts of a text: a quoted name, an address in angle brackets, a separator, or a word. The lengths of the first two are
 * bounded, because a search for the end of each of 60,000 quotes would take seconds.
 */
const parts = /"((?:[^"\\\n]|\\.){0,300})"|<([^<>\n]{0,300})>|([,;\n])|([^\s,;<>"]+)/g;

/**
 * Reads addresses that are separated by commas, semicolons, spaces or new lines, such as those of a mail's recipients: `ada@example.com`
 * or `Ada Lovelace <ada@example.com>`. Drops nothing: words that belong to no address are returned as an address that is not valid.
 */
export function readAddresses(text: string): PastedAddress[] {
  const found: PastedAddress[] = [];
  let words: string[] = [];
  const takeWords = (): string => {
    const joined = words.join(' ').replaceAll(' ,', ',').replace(/,+$/, '');
    words = [];
    return joined;
  };
  const endWords = () => {
    const rest = takeWords();
    if (rest !== '') found.push({ email: rest, name: '' });
  };
  for (const [, quoted, bracketed, separator, word] of text.matchAll(parts)) {
    if (quoted !== undefined) words.push(quoted.replace(/\\(.)/g, '$1'));
    else if (bracketed !== undefined) found.push({ email: bracketed.trim(), name: takeWords() });
    else if (word?.includes('@')) {
      endWords();
      found.push({ email: word.replace(/^mailto:/i, ''), name: '' });
    } else if (word !== undefined) words.push(word);
    // A comma may also stand inside a name, as in: Lovelace, Ada <ada@example.com>
    else if (separator !== ',') endWords();
    else if (words.length > 0) words.push(',');
  }
  endWords();
  return found;
}
