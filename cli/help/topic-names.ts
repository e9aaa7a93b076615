/** Topics of `tokens help TOPIC`. No command has one of these names. */
export const helpTopics = ['environment', 'exit-codes', 'formatting'] as const;

export type HelpTopic = (typeof helpTopics)[number];

/** Returns the topic that the words of a command line ask for, or null. Words after the topic are refused elsewhere. */
export function topicIn([first, second, third]: readonly string[]): HelpTopic | null {
  if (first !== 'help' || (third !== undefined && !third.startsWith('-'))) return null;
  return helpTopics.find((topic) => topic === second) ?? null;
}
