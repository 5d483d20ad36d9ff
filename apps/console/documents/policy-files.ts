// Policies as files (policy as code), and what changed between two versions of one.
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { settingsCatalogue } from '#device/catalogue';
import { diffPolicies, type PolicyChange } from '#documents/policy-diff';
import { writePolicyFile } from '#documents/policy-file';
import { readPolicyFile, type FileFault } from '#documents/read-policy-file';
import { policyChanged, type Policy } from '#events/policy';
import { PARTS, type StoredParts } from '#runtime/service';
import { Refusal } from '../refusal.js';
import { Documents } from './documents.js';
import { bodyOf } from './versions.js';
import { readOne, type Writer } from './written.js';

export interface Imported {
  readonly id: string;
  /** That is in force now. */
  readonly version: number;
  /** new: it was not there; unchanged: it was the same already. */
  readonly outcome: 'new' | 'changed' | 'unchanged';
  /** False: only looked at, or nothing to save. */
  readonly saved: boolean;
  readonly changes: readonly PolicyChange[];
}

export interface Difference {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly PolicyChange[];
}

const nothing: Policy = { name: '', description: '', items: [] };

@Injectable()
export class PolicyFiles {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly documents: Documents,
  ) {}

  async export(id: string): Promise<string> {
    const { body } = await this.documents.one(policyChanged, id);
    return writePolicyFile({ id, body }, settingsCatalogue);
  }

  /** What is there is replaced; as it was when the changes were found, or not at all. */
  async import(text: string, by: Writer, dryRun: boolean): Promise<Imported> {
    const { file, faults } = readPolicyFile(text, settingsCatalogue);
    if (!file) throw new Refusal('invalid', sentenceOf(faults), faults);
    const { id, body } = file;
    const before = await this.parts.store.transaction((tx) => readOne(tx, policyChanged, id));
    const version = before?.version ?? 0;
    const changes = diffPolicies(before?.body ?? nothing, body, settingsCatalogue);
    if (before && isDeepStrictEqual(before.body, body))
      return { id, version, outcome: 'unchanged', saved: false, changes };
    const outcome = before ? 'changed' : 'new';
    if (dryRun) return { id, version, outcome, saved: false, changes };
    const saved = await this.documents.save(policyChanged, { id, version, body, by });
    return { id, version: saved.version, outcome, saved: true, changes };
  }

  /** @param to null: the newest; `from` null: the one before it */
  async difference(
    id: string,
    { from, to }: { readonly from: number | null; readonly to: number | null },
  ): Promise<Difference> {
    const newer = to ?? (await this.documents.one(policyChanged, id)).version;
    const older = from ?? Math.max(newer - 1, 0);
    const [before, after] = await Promise.all(
      [older, newer].map((version) => bodyOf(this.parts.store, policyChanged, { id, version })),
    );
    const changes = diffPolicies(before ?? nothing, after ?? nothing, settingsCatalogue);
    return { id, from: older, to: newer, changes };
  }
}

function sentenceOf(faults: readonly FileFault[]): string {
  const [first] = faults;
  if (!first) return 'It is no policy.';
  const { line, column, path, message } = first;
  const more = faults.length > 1 ? ` ${faults.length} things are wrong in all.` : '';
  return `Line ${line}, column ${column}: ${path === '' ? '' : `${path}: `}${message}.${more}`;
}
