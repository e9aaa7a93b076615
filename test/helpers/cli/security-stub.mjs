#!/usr/bin/env node
// Stands in for `security` of macOS: the commands that the command line uses, with the exit codes and the parser of lines of the
// real program. Keeps the entries in entries.json beside it, and writes its arguments to arguments.txt.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = (name) => join(import.meta.dirname, name);
const entries = existsSync(file('entries.json')) ? JSON.parse(readFileSync(file('entries.json'), 'utf8')) : {};
const words = process.argv.slice(2);
appendFileSync(file('arguments.txt'), `${words.join(' ')}\n`);

if (words[0] === '-i') {
  for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const code = run(split(line));
    if (code !== 0) process.stderr.write(`add-generic-password: returned ${code}\n`);
  }
} else {
  process.exitCode = run(words);
}
writeFileSync(file('entries.json'), JSON.stringify(entries));

function run([command, ...rest]) {
  const options = new Map(rest.map((word, index) => [word, rest[index + 1]]));
  const key = `${options.get('-s')} ${options.get('-a')}`;
  if (existsSync(file('locked'))) return fail('User interaction is not allowed.', 36);
  if (command === 'add-generic-password') {
    entries[key] = options.get('-w');
    return 0;
  }
  if (!(key in entries)) return fail('The specified item could not be found in the keychain.', 44);
  if (command === 'find-generic-password') process.stdout.write(`${printed(entries[key])}\n`);
  else delete entries[key];
  return 0;
}

/** Returns what \`-w\` prints: the bytes in hexadecimal if one of them is not printable ASCII. */
function printed(secret) {
  return /^[ -~]*$/.test(secret) ? secret : Buffer.from(secret).toString('hex');
}

function fail(message, code) {
  process.stderr.write(`security: ${message}\n`);
  return code;
}

/** Splits a line as `security -i` does: a word in quotes ends at the next quote, and a backslash takes the next character literally. */
function split(line) {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\S)+)/g)].map((match) =>
    (match[1] ?? match[2] ?? match[3]).replaceAll(/\\(.)/g, '$1'),
  );
}
