// A policy as a file, to be kept with other code (policy as code): YAML that read-policy-file.ts takes back as it was.
import { Document, isMap, isSeq } from 'yaml';
import type { Catalogue } from '../device/catalogue.js';
import { ipsecRule, type IpsecRule } from '../events/ipsec.js';
import type { Policy, PolicyIpsec, PolicyItem } from '../events/policy.js';

export interface PolicyFile {
  readonly id: string;
  readonly body: Policy;
}

const head = ` A policy of Muster: check it with muster policy validate, put it in force with muster policy import.
 Where severity or remediate is left out, the catalogue of settings says it; unsupported is then ignore.`;

export function writePolicyFile({ id, body }: PolicyFile, catalogue: Catalogue): string {
  const { name, description, items, ipsec } = body;
  // Text that other readers of YAML would take for true or false is quoted.
  const listed = items.map(fieldsOf);
  const fields = { policy: id, name, description, items: listed, ...(ipsec && { ipsec: ipsecOf(ipsec) }) };
  const document = new Document(fields, { compat: 'yaml-1.1' });
  document.commentBefore = head;
  const list = document.get('items');
  if (isSeq(list)) {
    for (const [at, node] of list.items.entries()) {
      const known = catalogue.get(items[at]?.setting ?? '');
      if (isMap(node) && known) node.commentBefore = ` ${known.title}`;
    }
  }
  return document.toString({ lineWidth: 110 });
}

/** In the order in which a person reads them. */
const fieldsOf = ({ setting, compare, required, also, severity, remediate, unsupported }: PolicyItem) => ({
  setting,
  ...(compare === undefined ? {} : { compare }),
  required,
  ...(also === undefined ? {} : { also }),
  severity,
  remediate,
  unsupported,
});

const ipsecOf = ({ severity, remediate, unsupported, rules }: PolicyIpsec) => ({
  severity,
  remediate,
  unsupported,
  rules: rules.map(shortened),
});

/** What devices do of themselves is left out, as people leave it out. */
function shortened(rule: IpsecRule): object {
  const { name, local, remote, strength, dh } = rule;
  const usual: object = ipsecRule.parse({ name, local, remote, strength, dh });
  const must = { name, local, remote, strength, dh };
  const differs = Object.entries(rule).filter(
    ([field, value]) => !Object.hasOwn(must, field) && Reflect.get(usual, field) !== value,
  );
  return { ...must, ...Object.fromEntries(differs) };
}
