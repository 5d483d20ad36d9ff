import { Alert, Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { faultyLines } from '../../../../libs/documents/serial-line.js';
import { count, counted } from '../../words.js';
import { placeOf, type BadLine } from './serial-lines.js';

const shownMax = 500;

/** Every line that is no serial number: the first of them here, all of them as a file for whoever mends the list. */
export function BadLines({ bad }: { readonly bad: readonly BadLine[] }) {
  const lines = faultyLines(bad);
  return (
    <Alert role="alert" color="red" title={`${counted(lines, 'line is', 'lines are')} no serial number`}>
      <p>
        A serial number has 4 to 32 letters, digits or hyphens. Mend or remove these lines; nothing is
        imported before.
      </p>
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
