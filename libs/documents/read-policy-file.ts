// A policy file read, with every fault named by line and column. YAML 1.2, one document, no aliases: a file means what it says.
import { isMap, LineCounter } from 'yaml';
import * as z from 'zod';
import type { Catalogue } from '../device/catalogue.js';
import { slug } from '../events/document.js';
import { policyBody, policyIpsec, policyItem, type PolicyIpsec, type PolicyItem } from '../events/policy.js';
import { checkIpsec } from './ipsec.js';
import type { PolicyFile } from './policy-file.js';
import { validatePolicy } from './policy.js';
import { pathOf, shapeFaults, tellFault, type ShapeFault } from './shape-faults.js';
import { offsetsIn, readYaml } from './yaml-document.js';

/** Where a file is wrong, counted from 1, and what to do. */
export interface FileFault {
  readonly line: number;
  readonly column: number;
  /** Such as `items.3.required`; empty: the file itself. */
  readonly path: string;
  readonly message: string;
}

export type PolicyFileRead =
  | { readonly file: PolicyFile; readonly faults: null }
  | { readonly file: null; readonly faults: readonly FileFault[] };

/** A policy of as many settings as one may have takes some 100,000. */
const charactersMax = 200_000;
const itemsMax = 500;
const faultsMax = 1_000;

const itemInFile = policyItem.extend({
  severity: policyItem.shape.severity.optional(),
  remediate: z.boolean().optional(),
});
type ItemInFile = z.infer<typeof itemInFile>;

const ipsecInFile = policyIpsec.extend({
  severity: policyIpsec.shape.severity.default('high'),
  rules: z.unknown().optional(),
});

const inFile = z.strictObject({
  policy: slug,
  name: policyBody.shape.name,
  description: policyBody.shape.description,
  items: z.array(z.unknown()).max(itemsMax),
  ipsec: z.unknown().optional(),
});

/** Never throws: whatever is in the file is either a policy or named. */
export function readPolicyFile(text: string, catalogue: Catalogue): PolicyFileRead {
  if (text.length > charactersMax)
    return refused([{ line: 1, column: 1, path: '', message: `is longer than ${charactersMax} characters` }]);
  const lines = new LineCounter();
  const { document, faults: broken } = readYaml(text, lines);
  const fault = (offset: number, path: string, message: string): FileFault => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  };
  if (!document || broken.length > 0)
    return refused(broken.map(({ offset, message }) => fault(offset, '', message)));
  if (!isMap(document.contents))
    return refused([fault(0, '', `is no policy: it has ${Object.keys(inFile.shape).join(', ')}`)]);
  const { file, faults } = policyIn(document.toJS(), catalogue);
  if (file) return { file, faults: null };
  const offsetOf = offsetsIn(document);
  return refused(faults.map(({ at, message }) => fault(offsetOf(at), pathOf(at), message)));
}

const refused = (faults: readonly FileFault[]): PolicyFileRead => ({
  file: null,
  faults: faults.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, faultsMax),
});

type Understood =
  | { readonly file: PolicyFile; readonly faults: null }
  | { readonly file: null; readonly faults: readonly ShapeFault[] };

function policyIn(value: unknown, catalogue: Catalogue): Understood {
  const whole = inFile.safeParse(value, { error: tellFault });
  const items = z.object({ items: z.array(z.unknown()) }).safeParse(value).data?.items ?? [];
  const read = items.slice(0, itemsMax).map((each) => itemInFile.safeParse(each, { error: tellFault }));
  const shape = read.flatMap(({ error }, at) => (error ? shapeFaults(error.issues, ['items', at]) : []));
  const good = read.flatMap(({ data }) => (data ? [complete(data, catalogue)] : []));
  const sense = validatePolicy({ items: items.slice(0, itemsMax) }, catalogue).map(
    ({ item, field, message }): ShapeFault => ({ at: ['items', item, field], message }),
  );
  const rules = ipsecIn(z.looseObject({}).safeParse(value).data?.['ipsec']);
  const faults = [...shapeFaults(whole.error?.issues ?? []), ...shape, ...sense, ...rules.faults];
  if (!whole.success || faults.length > 0) return { file: null, faults };
  const { policy: id, name, description } = whole.data;
  const body = { name, description, items: good, ...rules.found };
  return { file: { id, body }, faults: null };
}

interface IpsecIn {
  readonly found: { readonly ipsec?: PolicyIpsec };
  readonly faults: readonly ShapeFault[];
}

/** Rules are looked at as `muster ipsec` looks at a file of them. */
function ipsecIn(value: unknown): IpsecIn {
  if (value === undefined) return { found: {}, faults: [] };
  const whole = ipsecInFile.safeParse(value, { error: tellFault });
  const shape = shapeFaults(whole.error?.issues ?? [], ['ipsec']);
  const given = z.looseObject({}).safeParse(value).data;
  if (!given) return { found: {}, faults: shape };
  const checked = checkIpsec({ rules: given['rules'] });
  if ('faults' in checked) {
    const wrong = checked.faults.map(({ path, message }) => ({ at: ['ipsec', ...path.split('.')], message }));
    return { found: {}, faults: [...shape, ...wrong] };
  }
  if (!whole.success) return { found: {}, faults: shape };
  return { found: { ipsec: { ...whole.data, rules: [...checked.rules] } }, faults: [] };
}

/** What is left out is as the catalogue says; what says nothing is left out. */
function complete(
  { compare, also, severity, remediate, ...item }: ItemInFile,
  catalogue: Catalogue,
): PolicyItem {
  const known = catalogue.get(item.setting);
  return {
    ...item,
    ...(compare === undefined || compare === 'equals' ? {} : { compare }),
    ...(also === undefined || also.length === 0 ? {} : { also }),
    severity: severity ?? known?.severity ?? 'medium',
    remediate: remediate ?? !known?.readOnly,
  };
}
