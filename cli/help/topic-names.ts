/** Topics of `tokens help TOPIC`. No command has one of these names. */
export const helpTopics = ['environment', 'exit-codes', 'formatting'] as const;

export type HelpTopic = (typeof helpTopics)[number];

/** Returns the topic that the words of a command line ask for, or null. */
export function topicIn([first, second]: readonly string[]): HelpTopic | null {
  return first === 'help' ? (helpTopics.find((topic) => topic === second) ?? null) : null;
}
