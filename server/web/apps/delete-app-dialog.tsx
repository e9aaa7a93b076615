import { count } from '../../../shared/count.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { appPath } from './app-paths.ts';

interface DeleteAppDialogProps {
  app: { id: string; name: string };
  closeHref: string;
  /** The number of tokens that are restricted to the app. */
  tokens: number;
}

/** Asks before an app is deleted. With tokens that are restricted to it, the form forces the deletion. */
export function DeleteAppDialog({ app, closeHref, tokens }: DeleteAppDialogProps) {
  return (
    <ConfirmDialog
      title={`Delete ${app.name}?`}
      closeHref={closeHref}
      action={`${appPath(app.id)}/delete`}
      confirm="Delete app"
      danger
    >
      <p>Requests that the proxy verifies for this app are denied from then on.</p>
      {tokens > 0 && (
        <>
          <p class="note warning">
            {count(tokens, 'token')} {tokens === 1 ? 'is' : 'are'} restricted to this app. A token that has no other app
            is denied everywhere, even if you register another app of this name.
          </p>
          <input type="hidden" name="force" value="yes" />
        </>
      )}
    </ConfirmDialog>
  );
}
