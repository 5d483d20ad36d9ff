import { Alert } from '@mantine/core';
import { useState } from 'react';
import type { Group } from '../../api/types.js';
import type { Form } from '../../parts/document-editor.js';
import { BlockEditor } from './filter-builder.js';
import { blockOf, filterOf, filterWords } from './filter-form.js';
import { Preview } from './preview.js';

export function FilterSection({ form }: { readonly form: Form<Group> }) {
  const [block, setBlock] = useState(() => blockOf(form.body.filter));
  const fault = form.fault('filter');
  return (
    <>
      <section className="card stack" aria-labelledby="filter">
        <h2 id="filter">Filter</h2>
        {form.readOnly ? (
          <p>
            {form.body.filter
              ? `A device belongs when ${filterWords(form.body.filter)}.`
              : 'No filter: nobody.'}
          </p>
        ) : (
          <BlockEditor
            block={block}
            depth={0}
            onRemove={null}
            onChange={(to) => {
              setBlock(to);
              form.set({ filter: filterOf(to) });
            }}
          />
        )}
        {fault !== undefined && <Alert color="red">{fault}</Alert>}
      </section>
      <Preview filter={form.body.filter} />
    </>
  );
}
