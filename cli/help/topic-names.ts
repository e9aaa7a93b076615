/** Topics of `tokens help TOPIC`. No command has one of these names. */
export const helpTopics = ['environment', 'exit-codes', 'formatting'] as const;

export type HelpTopic = (typeof helpTopics)[number];

/** Returns the topic that the words after `help` ask for, or null. Words after the topic are refused elsewhere. */
export function topicIn(words: readonly string[]): HelpTopic | null {
  return words.length === 1 ? (helpTopics.find((topic) => topic === words[0]) ?? null) : null;
}
