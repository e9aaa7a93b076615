const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Returns the path in a line such as `+++ b/src/key.ts`, with the quotes and escapes that Git adds. Null for a deleted file. */
export function newFileName(line: string): string | null {
  const text = line.slice('+++ '.length).replace(/\t$/, '');
  if (text === '/dev/null') return null;
  const name = text.startsWith('"') ? unquote(text) : text;
  return name.replace(/^b\//, '');
}

/** Returns the path in a line such as `diff --combined src/key.ts`, which starts the combined diff of a file. Null for any other line. */
export function combinedFileName(line: string): string | null {
  const [, name] = /^diff --combined (.*)$/s.exec(line) ?? [];
  if (name === undefined) return null;
  return name.startsWith('"') ? unquote(name) : name;
}

function unquote(quoted: string): string {
  const bytes: Buffer[] = [];
  for (const [part, octal, letter] of quoted.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/gsu)) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8)]));
    else if (letter !== undefined) bytes.push(Buffer.from([escapes[letter] ?? letter.charCodeAt(0)]));
    else bytes.push(Buffer.from(part));
  }
  return Buffer.concat(bytes).toString('utf8');
}
