/** The options that print the version. */
export const versionFlags = ['-V', '--version'] as const;
