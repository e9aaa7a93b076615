export const settingsPath = '/organization/settings';

export const testMailPath = `${settingsPath}/test-mail`;
