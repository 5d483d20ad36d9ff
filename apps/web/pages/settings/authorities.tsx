import { Textarea } from '@mantine/core';
import { asksForCertificates } from '../../../../libs/events/asks-for-certificates.js';
import { useTrustSets } from '../../api/queries.js';
import { DocumentChoice } from '../../parts/document-choice.js';
import type { SettingsForm } from './form.js';

/** Whose certificates count, where anybody is asked for one. */
export function Authorities({ form: { body, set, fault, readOnly } }: { readonly form: SettingsForm }) {
  const trustSets = useTrustSets();
  if (!asksForCertificates(body)) return null;
  return (
    <>
      <DocumentChoice
        label="Trust set"
        text="Whose authorities count, and how revocation is known: see the page Trust sets."
        none="None: the authorities below, and nobody is asked about revocation"
        documents={trustSets.data?.items ?? []}
        chosen={body.trustSet}
        readOnly={readOnly}
        fault={fault('trustSet')}
        onChoose={(trustSet) => set({ trustSet })}
      />
      {body.trustSet === null && (
        <Textarea
          label="Trusted authorities"
          description="PEM certificates of the authorities that certificates of devices, and of verified primaries, must lead to."
          rows={5}
          spellCheck={false}
          value={body.trustedAuthorities}
          error={fault('trustedAuthorities')}
          readOnly={readOnly}
          onChange={(event) => set({ trustedAuthorities: event.currentTarget.value })}
        />
      )}
    </>
  );
}
