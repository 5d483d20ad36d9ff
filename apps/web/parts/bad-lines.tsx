import { Alert, Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { LineFault } from '../../../libs/documents/serial-line.js';
import { count } from '../words.js';

export interface BadLine extends LineFault {
  /** The first of them. */
  readonly text: string;
}

/** Line 7, or Lines 7 to 9. */
const placeOf = ({ line, to }: BadLine): string => (line === to ? `Line ${line}` : `Lines ${line} to ${to}`);

const shownMax = 500;

interface BadLinesProps {
  readonly title: string;
  readonly bad: readonly BadLine[];
  /** What to do. */
  readonly children: ReactNode;
}

/** Every bad line of a list: the first of them here, all of them as a file for whoever mends it. */
export function BadLines({ title, bad, children }: BadLinesProps) {
  return (
    <Alert role="alert" color="red" title={title}>
      <p>{children}</p>
      <ul className="bad-lines" aria-label="Bad lines" tabIndex={0}>
        {bad.slice(0, shownMax).map((one) => (
          <li key={one.line}>
            {placeOf(one)}: <span className="mono">{one.text.slice(0, 40)}</span> {one.message}
          </li>
        ))}
        {bad.length > shownMax && <li>and {count(bad.length - shownMax)} more</li>}
      </ul>
      {bad.length > shownMax && <SaveAll bad={bad} />}
    </Alert>
  );
}

function SaveAll({ bad }: { readonly bad: readonly BadLine[] }) {
  const save = () => {
    const text = bad.map((one) => `${placeOf(one)}: ${one.text.slice(0, 40)} ${one.message}\n`).join('');
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = 'bad-lines.txt';
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Button
      className="after"
      size="xs"
      variant="default"
      leftSection={<IconDownload size={14} aria-hidden />}
      onClick={save}
    >
      Save all of them as a text file
    </Button>
  );
}
