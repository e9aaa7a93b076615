/** Returns a Markdown table. Cells are Markdown; pipes and line breaks in them are escaped. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function codeBlock(text: string): string {
  return `\`\`\`\n${text.trimEnd()}\n\`\`\``;
}

/** Escapes plain text such as a help text: Markdown and Vue would read `<name>` as an element. */
export function plain(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('{{', '{&#123;');
}

/**
 * Replaces the regions of a page between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * @throws Error if a region has no content in `regions`
 */
export function fillRegions(page: string, regions: Readonly<Record<string, string>>): string {
  return page.replaceAll(
    /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_region, begin: string, name: string, end: string) => {
      const content = regions[name];
      if (content === undefined) throw new Error(`Nothing generates the region "${name}".`);
      return `${begin}\n${content}\n\n${end}`;
    },
  );
}
