// Name constraints of an authority (RFC 5280 4.2.1.10): whether they can mean anything. OpenSSL applies them, and takes for
// no constraint what it cannot read.
import { oids } from './der/oids.js';
import { DerReader } from './der/read.js';
import { contextTag, generalNames, tags } from './der/tags.js';
import { extensionIn, type CertificateFields, type Extension } from './fields.js';

interface Constraint {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** What is wrong with them, in words that follow "the certificate"; null when nothing is. Throws BadDer. */
export function constraintFault({ extensions }: CertificateFields): string | null {
  const extension = extensionIn(extensions, oids.nameConstraints);
  if (!extension) return null;
  const constraints = constraintsIn(extension);
  if (constraints.length === 0) return 'has name constraints that constrain nothing';
  const wrong = constraints.find((constraint) => !isSound(constraint));
  return wrong ? 'has a name constraint that is none' : null;
}

function constraintsIn({ value }: Extension): readonly Constraint[] {
  const both = DerReader.inside(value, tags.sequence);
  const found: Constraint[] = [];
  for (const tag of [contextTag(0), contextTag(1)]) {
    const subtrees = both.optional(tag);
    if (!subtrees) continue;
    for (const list = subtrees.elements(); !list.done;) {
      const base = list.sequence().next();
      found.push({ tag: base.tag, bytes: base.content });
    }
  }
  both.end();
  return found;
}

function isSound({ tag, bytes }: Constraint): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  if (tag === generalNames.dns) return text === '' || dnsConstraint.test(text);
  if (tag === generalNames.email) return mailConstraint.test(text);
  if (tag === generalNames.ip) return isNetwork(bytes);
  return true;
}

const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
/** No wildcard, and no leading period, which is for addresses of the web and of mail. */
const dnsConstraint = new RegExp(`^${label}(?:\\.${label})*$`);
/** One mailbox, one host, or all hosts of a domain. */
const mailConstraint = new RegExp(`^(?:[^@\\s]+@${label}|\\.?${label})(?:\\.${label})*$`);

/** Address and mask, the mask's ones before its zeros. */
function isNetwork(bytes: Uint8Array): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false;
  const mask = [...bytes.subarray(bytes.length / 2)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(mask);
}
