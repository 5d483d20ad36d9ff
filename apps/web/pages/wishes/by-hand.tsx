import type { ReactNode } from 'react';
import type { AuthorityShown, WishKind } from '../../api/types.js';

const asked = ['enrol', 'sign', 'issue'] as const satisfies readonly WishKind[];

/** What is typed on the authority's machine: no private key and no passphrase passes through here. */
export function ByHand({ does, chain }: Pick<AuthorityShown, 'does' | 'chain'>) {
  const missing = asked.filter((kind) => !does?.includes(kind));
  return (
    <section className="card stack-close" aria-labelledby="by-hand">
      <h2 id="by-hand">On the authority's machine</h2>
      {chain !== null && missing.length > 0 && (
        <p>
          It does not {missing.map((kind) => words[kind]).join(' or ')} for this page, unless its setting{' '}
          <Code>MUSTER_TRUST_WISHES</Code> names it ({missing.join(',')}). There, it is typed:{' '}
          {listed(missing.map((kind) => <Code key={kind}>{`muster ca ${kind}`}</Code>))}.
        </p>
      )}
      <p>
        No private key and no passphrase ever passes through this page. A new authority is made with{' '}
        <Code>muster ca init</Code>; below an authority that you have, <Code>muster ca init --request</Code>{' '}
        writes the request, and <Code>muster ca import FILE --issuing</Code> takes what was certified.
        Identities come and go as PKCS#12 with <Code>muster ca import FILE.p12 --name NAME</Code> and{' '}
        <Code>muster ca export NAME --out FILE.p12</Code>, both with <Code>--password-file FILE</Code>.
      </p>
    </section>
  );
}

const words = { enrol: 'let devices enrol', sign: 'sign requests', issue: 'issue identities' } as const;

const Code = ({ children }: { readonly children: string }) => <code className="mono">{children}</code>;

const listed = (all: readonly ReactNode[]): ReactNode =>
  all.flatMap((each, index) => (index === 0 ? [each] : [', ', each]));
