/** Notices after a sign-in, by their code in `?notice=`. A crafted link can show only these, not its own text. */
const notices = {
  'groups-unclear':
    'Your identity provider did not report all your groups, so your permissions stay as they are. If a permission is missing, tell an Organization Superuser.',
} as const;

type NoticeCode = keyof typeof notices;

/** Returns the text for the value of `?notice=`, or undefined for an unknown code. */
export function noticeMessage(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(notices, code) ? notices[code as NoticeCode] : undefined;
}

/** Appends `notice=CODE` to the query of `path`. */
export function withNotice(path: string, code: NoticeCode): string {
  return `${path}${path.includes('?') ? '&' : '?'}notice=${code}`;
}
