/** Which canaries a list has: none, nothing else, or those whose value somebody presented. */
export const canaryChoices = ['false', 'only', 'used'] as const;
export type CanaryChoice = (typeof canaryChoices)[number];
