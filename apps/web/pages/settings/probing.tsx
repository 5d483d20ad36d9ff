import { TextInput } from '@mantine/core';
import { OnOff } from '../../parts/choice.js';
import type { SettingsForm } from './form.js';

/** For printers whose own announcements nobody else can read (R19). */
export function Probing({ form: { body, set, fault, readOnly } }: { readonly form: SettingsForm }) {
  const isMutual = body.authentication === 'mutual' && !body.probeUnknownClients;
  return (
    <>
      <OnOff
        label="Ask unknown clients who they are"
        text={
          isMutual
            ? 'Not with mutual authentication, in which nobody takes part without a certificate that verifies.'
            : 'Whoever connects and says nothing that is understood is asked at its own address, inside the device networks. For printers that announce themselves in a way of their vendor; what they answer is not verified, and changes nothing of a device that is known.'
        }
        on={body.probeUnknownClients}
        readOnly={readOnly}
        disabled={isMutual}
        fault={fault('probeUnknownClients')}
        onChange={(probeUnknownClients) => set({ probeUnknownClients })}
      />
      <TextInput
        label="SNMP read community"
        description="What they, devices that you have looked for, and devices that are assessed, are asked with by SNMPv2c, such as public. It crosses the network in clear, and whoever is there may be sent it: take none that allows more than reading. Empty: nobody is asked by SNMP."
        value={body.probeCommunity ?? ''}
        error={fault('probeCommunity')}
        readOnly={readOnly}
        spellCheck={false}
        onChange={(event) => set({ probeCommunity: event.currentTarget.value.trim() || null })}
      />
    </>
  );
}
