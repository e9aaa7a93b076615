import type { ProblemError } from '../../../../shared/problem.ts';
import { ConfirmDialog } from '../../shell/components/form-dialog.tsx';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { memberName } from '../member-labels.ts';
import { memberPath } from '../team-paths.ts';
import type { ActionSubject } from './confirmation.ts';
import { confirmations } from './member-action-texts.tsx';
import type { ConfirmedAction } from './member-actions.ts';

interface MemberActionDialogProps extends ActionSubject {
  action: ConfirmedAction;
  /** The page under the dialog, to which the superuser returns. */
  pageUrl: PageUrl;
  /** Set if the dialog is shown again after a confirmation. */
  problem?: ProblemError | undefined;
}

/** Asks for confirmation of an action on a member, and lists its consequences. */
export function MemberActionDialog({ action, pageUrl, problem, ...subject }: MemberActionDialogProps) {
  const { user } = subject;
  const { title, confirm, danger = false, body } = confirmations[action];
  const back = formatUrl(pageUrl);
  return (
    <ConfirmDialog
      title={title(memberName(user))}
      closeHref={`${back}#${openerOf(action, user.id)}`}
      action={`${memberPath(user.id)}/${action}`}
      confirm={confirm}
      danger={danger}
      problem={problem}
    >
      <input type="hidden" name="back" value={back} />
      {body(subject)}
    </ConfirmDialog>
  );
}

/** Returns the ID of the element that opened the dialog, to which the focus returns. */
function openerOf(action: ConfirmedAction, userId: string): string {
  return action === 'ungrant' ? `permission-${userId}` : `actions-${userId}`;
}
