import { TextInput } from '@mantine/core';
import { faultsAt } from '../../parts/problem-note.js';

interface DaysProps {
  readonly days: string;
  readonly problem: Error | null;
  readonly onDays: (days: string) => void;
}

export function Days({ days, problem, onDays }: DaysProps) {
  return (
    <TextInput
      label="Days"
      inputMode="numeric"
      value={days}
      error={faultsAt(problem, 'days') ?? (daysIn(days) === null && '1 to 3650')}
      onChange={(event) => onDays(event.currentTarget.value)}
    />
  );
}

/** Null unless it is a whole number of days that a certificate may have. */
export function daysIn(text: string): number | null {
  const days = /^\d{1,4}$/.test(text.trim()) ? Number(text) : 0;
  return days >= 1 && days <= 3_650 ? days : null;
}
