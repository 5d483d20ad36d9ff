import { Textarea } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { SettingsForm } from './form.js';

export function Networks({ form: { body, set, fault, readOnly } }: { readonly form: SettingsForm }) {
  const [text, setText] = useState(body.deviceNetworks.join('\n'));
  // Undo above brings the list back: then the text follows it.
  const shown = same(text, body.deviceNetworks) ? text : body.deviceNetworks.join('\n');
  const section = useRef<HTMLElement>(null);
  // A link to this place was followed before the settings had come.
  useEffect(() => {
    if (window.location.hash === '#networks') section.current?.scrollIntoView();
  }, []);
  return (
    <section ref={section} className="card stack" aria-labelledby="networks">
      <h2 id="networks">Device networks</h2>
      <Textarea
        label="Networks"
        description="Where Muster may connect to, one network a line, such as 10.0.0.0/8 or fd00::/8. Loopback and link-local addresses only when named here."
        autosize={false}
        rows={6}
        spellCheck={false}
        value={shown}
        error={fault('deviceNetworks')}
        readOnly={readOnly}
        onChange={(event) => {
          setText(event.currentTarget.value);
          set({ deviceNetworks: networksIn(event.currentTarget.value) });
        }}
      />
    </section>
  );
}

function networksIn(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const same = (text: string, networks: readonly string[]): boolean =>
  networksIn(text).join() === networks.join();
