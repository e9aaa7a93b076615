/** The options that print the version, and the help. */
export const versionFlags = ['-V', '--version'] as const;
export const helpFlags = ['-h', '--help'] as const;
