import { Alert, Button } from '@mantine/core';
import { IconCopy, IconKey } from '@tabler/icons-react';
import type { WishAsked } from '../../api/types.js';
import { useTell } from '../../shell/told.js';

interface SecretProps {
  readonly asked: WishAsked;
  readonly onClose: () => void;
}

/** Only its hash goes on: it cannot be shown again. */
export function Secret({ asked: { secret, about }, onClose }: SecretProps) {
  const tell = useTell();
  if (!secret) return null;
  const text = `${secret.user} ${secret.password}`;
  const copy = () => void navigator.clipboard.writeText(text).then(() => tell('Secret copied.'));
  return (
    <Alert
      role="alert"
      color="yellow"
      icon={<IconKey aria-hidden />}
      title={`Copy the secret now: it is shown only once (${about})`}
      withCloseButton
      closeButtonLabel="Hide the secret"
      onClose={onClose}
    >
      <div className="stack-close">
        <div className="secret">
          <code className="mono">{text}</code>
          {/* A browser gives the clipboard to pages that came over HTTPS or from this machine. */}
          {window.isSecureContext && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconCopy size={14} aria-hidden />}
              onClick={copy}
            >
              Copy
            </Button>
          )}
        </div>
        <p className="small">
          User and password for EST; an agent reads them from <code className="mono">enrol.secret</code>. Good
          once the authority has done it, see below. One that is asked for again takes its place; at the
          authority, <code className="mono">muster ca enrol --remove {secret.user}</code> takes it back.
        </p>
      </div>
    </Alert>
  );
}
