/**
 * Decodes base64 in the alphabet of RFC 4648 §4 or §5 (URL-safe), with complete padding or without any. Returns null for
 * any other text: mixed alphabets, partial padding, white space, and unused bits that are not zero.
 */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  if (standard === text) return bytes;
  const urlSafe = bytes.toString('base64url');
  const [unpadded, padding] = [standard.slice(0, urlSafe.length), standard.slice(urlSafe.length)];
  return [unpadded, urlSafe, urlSafe + padding].includes(text) ? bytes : null;
}
