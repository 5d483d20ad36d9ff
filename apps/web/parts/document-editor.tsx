// Writing a document: save with the version that was read, say what is wrong where it is, offer a reload when stale.
import { Button, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Fragment, useState, type FormEvent, type ReactNode } from 'react';
import { pathOf, useWrite } from '../api/writes.js';
import type { Document } from '../api/types.js';
import { useMayWrite } from '../shell/session.js';
import { useTell } from '../shell/told.js';
import { Changed } from './changed.js';
import { Confirm } from './confirm.js';
import { Unsaved, useDraft } from './draft.js';
import { faultsAt, ProblemNote } from './problem-note.js';

type List = 'policies' | 'groups' | 'listeners' | 'trust-sets';

interface DocumentEditorProps<B extends { readonly name: string }, Saved extends Document<B>> {
  readonly list: List;
  /** Null while a new one is written. */
  readonly document: Document<B> | null;
  /** What a new one starts with. */
  readonly blank: B;
  /** What happens to devices when it is deleted. */
  readonly deletion: string;
  /** Said after saving: what it means for devices. */
  readonly consequence?: string;
  /** Said after it, of what was saved; empty: nothing. */
  readonly remark?: (saved: Saved) => string;
  /** Operators by default. */
  readonly mayWrite?: boolean;
  readonly onReload: () => void;
  readonly children: (form: Form<B>) => ReactNode;
}

/** What the fields of an editor need. */
export interface Form<B> {
  readonly body: B;
  readonly set: (change: Partial<B>) => void;
  /** What is wrong at a path such as `items.3.required`. */
  readonly fault: (path: string) => string | undefined;
  readonly readOnly: boolean;
}

/** What is typed belongs to the version that was read: that version is named when it is saved. */
export function DocumentEditor<B extends { readonly name: string }, Saved extends Document<B> = Document<B>>(
  props: DocumentEditorProps<B, Saved>,
) {
  const { list, blank, consequence, remark, children } = props;
  const draft = useDraft(props.document, blank);
  const { of: document, body } = draft;
  const [id, setId] = useState<string | null>(null);
  const operator = useMayWrite();
  const readOnly = !(props.mayWrite ?? operator);
  const save = useWrite<Saved>([list]);
  const navigate = useNavigate();
  const tell = useTell();
  const newId = id ?? slugOf(body.name);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({
      method: 'PUT',
      path: pathOf(list, document?.id ?? newId),
      body: { version: document?.version ?? 0, body },
      done: (saved) => {
        tell([`${body.name} saved.`, consequence, remark?.(saved)].filter(Boolean).join(' '));
        leave();
      },
    });
  };
  const leave = () => void navigate({ to: `/${list}`, ignoreBlocker: true });
  const reload = () => {
    save.reset();
    draft.restart(props.document);
    props.onReload();
  };
  const form: Form<B> = {
    body,
    readOnly,
    set: draft.set,
    fault: (path) => faultsAt(save.error, path),
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Unsaved changed={draft.changed || id !== null} />
      {document && <Changed of={document} />}
      <Fragment key={document?.version}>{children(form)}</Fragment>
      {!document && (
        <div className="card narrow">
          <TextInput
            label="Id"
            description="Names it in the API and in events; cannot be changed later. Lower-case letters, digits, hyphens."
            value={newId}
            error={faultsAt(save.error, 'id')}
            onChange={(event) => setId(event.currentTarget.value)}
          />
        </div>
      )}
      {save.error && <ProblemNote problem={save.error} {...(document && { onReload: reload })} />}
      {!readOnly && (
        <div className="row save-bar">
          <Button
            type="submit"
            loading={save.isPending}
            disabled={body.name.trim() === '' || (!document && newId === '')}
          >
            Save
          </Button>
          <Button variant="default" onClick={leave}>
            Cancel
          </Button>
          {document && (
            <span className="push">
              <Delete list={list} document={document} deletion={props.deletion} />
            </span>
          )}
        </div>
      )}
    </form>
  );
}

interface DeleteProps {
  readonly list: List;
  readonly document: Document<{ readonly name: string }>;
  readonly deletion: string;
}

function Delete({ list, document, deletion }: DeleteProps) {
  const remove = useWrite([list]);
  const navigate = useNavigate();
  const tell = useTell();
  const done = () => {
    tell(`${document.body.name} deleted.`);
    void navigate({ to: `/${list}`, ignoreBlocker: true });
  };
  const path = pathOf(list, document.id);
  return (
    <Confirm
      label="Delete"
      question={`Delete ${document.body.name}?`}
      act="Delete"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate({ method: 'DELETE', path, done })}
    >
      {deletion}
    </Confirm>
  );
}

/** An id that an operator would type for this name. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
}
