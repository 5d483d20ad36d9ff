import { Checkbox, TextInput } from '@mantine/core';
import { IconTicket } from '@tabler/icons-react';
import { useState } from 'react';
import type { WishAsked } from '../../api/types.js';
import { faultsAt } from '../../parts/problem-note.js';
import { Ask } from './ask.js';

/** A secret with which a device gets its first certificate by itself (EST). */
export function Enrol({ onAsked }: { readonly onAsked: (asked: WishAsked) => void }) {
  const [device, setDevice] = useState('');
  const [names, setNames] = useState('');
  const [reusable, setReusable] = useState(false);
  const [until, setUntil] = useState(inThreeDays);
  const serial = device.trim().toUpperCase();
  const end = endOf(until);
  const forOne = serial !== '';
  const kind = 'enrol';
  const whose = forOne ? { device: serial, names: names.trim(), reusable } : { device: null };
  const body = end === null ? null : { kind, ...whose, until: end };
  const asked = (answer: WishAsked) => {
    setDevice('');
    setNames('');
    setReusable(false);
    onAsked(answer);
  };
  return (
    <Ask
      label="Let a device enrol"
      icon={<IconTicket size={16} aria-hidden />}
      title="Let a device enrol"
      body={body}
      onAsked={asked}
    >
      {(problem) => (
        <>
          <TextInput
            label="Serial number"
            description="Empty: any one device that has no certificate yet."
            autoComplete="off"
            spellCheck={false}
            value={device}
            error={faultsAt(problem, 'device')}
            onChange={(event) => setDevice(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label="Good until the end of"
            value={until}
            error={faultsAt(problem, 'until') ?? (end === null && 'Choose a day.')}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
          <TextInput
            label="Other names for its certificate"
            description="As DNS:printer.example, IP:10.1.2.3. What the device itself asks for is not heard."
            autoComplete="off"
            spellCheck={false}
            disabled={!forOne}
            value={names}
            error={faultsAt(problem, 'names')}
            onChange={(event) => setNames(event.currentTarget.value)}
          />
          <Checkbox
            label="Good more than once"
            description="For a device that loses its certificate. A secret for any device is good once."
            disabled={!forOne}
            checked={forOne && reusable}
            onChange={(event) => setReusable(event.currentTarget.checked)}
          />
        </>
      )}
    </Ask>
  );
}

/** As a field for days has it, here and now. */
function inThreeDays(): string {
  const day = new Date();
  day.setDate(day.getDate() + 3);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function endOf(day: string): string | null {
  const end = new Date(`${day}T23:59:59`);
  return Number.isNaN(end.getTime()) ? null : end.toISOString();
}
