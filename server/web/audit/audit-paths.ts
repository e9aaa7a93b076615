/** Path of the audit log. An event is at its ID below it. */
export const auditPath = '/organization/audit';

/** Path of the member's own events. */
export const activityPath = '/profile/activity';
