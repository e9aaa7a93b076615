import { Help } from 'commander';
import { environment } from './environment.ts';
import { exitCodes } from './exit-codes.ts';
import type { HelpTopic } from './topic-names.ts';

const formatting = [
  'Data goes to stdout, and everything else to stderr.',
  'On a terminal, tables fit its width. Times of the last 48 hours are relative there, and others are dates in your time zone. In a pipe, tables have every column. They have a header and one line per row, with tabs between the columns.',
  '--json prints the objects of the API: a list as one array, and a change as the object that was changed. A command that changes several things prints one object for each. In a pipe, each object or array is one line; on a terminal, it is indented. Each error is one JSON object on a line of stderr.',
  'If stderr is not a terminal, a command that succeeds writes nothing to it, except warnings that something is wrong.',
  '--no-color and NO_COLOR turn colors off. Pipes never have any. Words say everything that colors show.',
  'Times in pipes and JSON are RFC 3339 times in UTC.',
];

/** Returns the text of a help topic, wrapped at `width` columns. */
export function topicText(topic: HelpTopic, width: number): string {
  const help = new Help();
  const wrap = (text: string, indent: number) =>
    help
      .boxWrap(text, Math.max(40, width - indent))
      .split('\n')
      .map((line) => ' '.repeat(indent) + line)
      .join('\n');
  if (topic === 'formatting') return `${formatting.map((text) => wrap(text, 0)).join('\n\n')}\n`;
  const entries = Object.entries<string>(topic === 'environment' ? environment : exitCodes);
  const heading = topic === 'environment' ? 'Environment variables that tokens reads:' : 'Exit codes of tokens:';
  const lines = entries.map(([name, meaning]) => `  ${name}\n${wrap(meaning.replaceAll('`', ''), 6)}`);
  return `${heading}\n\n${lines.join('\n')}\n`;
}
