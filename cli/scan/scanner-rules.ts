import { valueTailLength } from '../../shared/token-format.ts';

export const scanners = ['gitleaks', 'trufflehog', 'github', 'gitlab'] as const;
export type Scanner = (typeof scanners)[number];

/** Returns the pattern of values in the syntax that RE2 and Hyperscan share. */
export function valuePattern(prefixes: readonly string[]): string {
  const [first, ...others] = prefixes;
  const prefix = others.length === 0 ? first : `(?:${prefixes.join('|')})`;
  return `${prefix}_[0-9A-Za-z]{${valueTailLength}}`;
}

/** Returns the rule by which a scanner finds values. It has no way to check their checksum. */
export function ruleFor(scanner: Exclude<Scanner, 'trufflehog'>, prefixes: readonly string[]): string {
  switch (scanner) {
    case 'gitleaks':
      return `# .gitleaks.toml
[extend]
useDefault = true

${gitleaksRule(prefixes, '\\b')}`;
    case 'gitlab':
      return `# .gitlab/secret-detection-ruleset.toml
[secrets]
description = "tokens"

[[secrets.passthrough]]
type = "raw"
target = "gitleaks.toml"
value = """
[extend]
path = "/gitleaks.toml"

${gitleaksRule(prefixes, '\\\\b')}"""
`;
    case 'github':
      return `# Settings of the repository or organization: Advanced Security, Custom patterns, New pattern
Pattern name: API token of tokens
Secret format: ${valuePattern(prefixes)}
Before secret: \\A|[^0-9A-Za-z]
After secret: \\z|[^0-9A-Za-z]
Test string: ${prefixes[0]}_${'0'.repeat(valueTailLength)}
`;
  }
}

/** Returns the custom detector of trufflehog, which asks the server about each value that it finds. */
export function trufflehogRule(prefixes: readonly string[], serverUrl: string): string {
  const isInsecure = serverUrl.startsWith('http:');
  return `# config.yaml
detectors:
  - name: tokens
    keywords:
${prefixes.map((prefix) => `      - ${prefix}_`).join('\n')}
    regex:
      value: '\\b${valuePattern(prefixes)}\\b'
    verify:
      - endpoint: ${serverUrl}/leaks/verify
        unsafe: ${isInsecure}
        headers:
          # CREDENTIALS: the Base64 form of CLIENT_ID:CLIENT_SECRET, of a client that may report leaks
          - "Authorization: Basic CREDENTIALS"
        successRanges:
          - "200"
        rotatedRanges:
          - "403"
`;
}

function gitleaksRule(prefixes: readonly string[], boundary: string): string {
  const keywords = prefixes.map((prefix) => `"${prefix}_"`).join(', ');
  return `[[rules]]
id = "tokens-api-token"
description = "API token of tokens"
regex = '''${boundary}${valuePattern(prefixes)}${boundary}'''
keywords = [${keywords}]
`;
}
