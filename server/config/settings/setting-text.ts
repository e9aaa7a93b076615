/** Characters that nobody sees: control characters, zero-width and direction marks, line separators, lone surrogates. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const quotedText = /^(["'`]).*\1$|^“.*”$|^‘.*’$/;
/** `${NAME}`, `$(NAME)` and `{{ name }}` anywhere, or `$NAME` alone. Nothing replaces them in an environment file. */
const placeholder = /\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*\}\}|^\$[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Removes white space around a value. This includes line breaks, a byte order mark and no-break spaces, because they
 * come from editors, `echo` and copied text.
 */
export function trimValue(text: string): string {
  return text.trim();
}

/** Returns a trimmed list with its line breaks and tabs replaced by spaces, because a file may list one entry per line. */
export function onOneLine(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, ' ');
}

/**
 * Returns what is wrong with a trimmed value whatever its setting is, or null. The sentence continues "NAME …" and does
 * not contain the value, which may be a secret.
 */
export function valueMistake(text: string): string | null {
  const [character] = invisible.exec(text) ?? [];
  if (character !== undefined) {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    return `must not contain control characters or invisible characters, but contains U+${code}`;
  }
  if (quotedText.test(text)) return 'must not be enclosed in quotation marks. Remove them, because nothing else does';
  if (placeholder.test(text)) return 'contains a placeholder that nothing has replaced. Write the value itself';
  return null;
}
