import { Alert, Textarea, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { TrustSet } from '../../api/types.js';
import { OneOf } from '../../parts/choice.js';
import type { Form } from '../../parts/document-editor.js';
import { policies } from './words.js';

export function RevocationFields({
  form: { body, set, fault, readOnly },
}: {
  readonly form: Form<TrustSet>;
}) {
  const { revocation } = body;
  const change = (part: Partial<TrustSet['revocation']>) => set({ revocation: { ...revocation, ...part } });
  return (
    <section className="card stack narrow" aria-labelledby="revocation">
      <h2 id="revocation">Revocation</h2>
      <OneOf
        label="Policy"
        text="What happens to a device of whose certificate it is not known whether it was revoked."
        value={revocation.policy}
        words={policies}
        readOnly={readOnly}
        fault={fault('revocation.policy')}
        onChange={(policy) => change({ policy })}
      />
      {revocation.policy === 'off' && body.authorities !== '' && (
        <Alert role="status" color="yellow" icon={<IconAlertTriangle aria-hidden />}>
          Nobody is asked who was revoked: a device is let in until its certificate ends, also after you
          revoked it.
        </Alert>
      )}
      <Textarea
        label="Lists (CRL)"
        description="An http:// or https:// address in each line, or file: and a name in the gateways' folder of lists. Issuing authorities are looked up here only: Hard needs the list of whoever signed each."
        rows={3}
        spellCheck={false}
        value={revocation.crlUrls.join('\n')}
        error={fault('revocation.crlUrls')}
        readOnly={readOnly}
        onChange={(event) => change({ crlUrls: linesOf(event.currentTarget.value) })}
      />
      <TextInput
        label="OCSP responder"
        description="Asked about the certificate of each device that no list calls revoked; the lists count too. Empty: nobody is asked."
        spellCheck={false}
        value={revocation.ocspUrl ?? ''}
        error={fault('revocation.ocspUrl')}
        readOnly={readOnly}
        onChange={({ currentTarget: { value } }) => change({ ocspUrl: value === '' ? null : value })}
      />
    </section>
  );
}

/** While one is typed, its line may be empty; none at all is no list. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => line.trimStart());
}
