const maxCharacters = 80;

/**
 * Text from outside, such as a request path, cut so that a table row keeps its height; its title has the full text. `<bdi>`
 * keeps bidirectional control characters in it from reordering the text around it.
 */
export function ClippedText({ text }: { text: string }) {
  const characters = [...text];
  if (characters.length <= maxCharacters) return <bdi>{text}</bdi>;
  return <bdi title={text}>{`${characters.slice(0, maxCharacters - 1).join('')}…`}</bdi>;
}

/** Names of groups, each with a frame of its own, because a name may contain commas and spaces. */
export function Chips({ texts }: { texts: readonly string[] }) {
  return (
    <span class="names">
      {texts.map((text) => (
        <span class="badge">
          <ClippedText text={text} />
        </span>
      ))}
    </span>
  );
}
