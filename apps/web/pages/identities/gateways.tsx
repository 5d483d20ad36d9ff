import type { GatewayRow } from '../../api/types.js';
import { Nothing } from '../../parts/loaded.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { Until, When } from '../../parts/when.js';

export function Gateways({ gateways }: { readonly gateways: readonly GatewayRow[] }) {
  return (
    <section className="card card-flush" aria-labelledby="gateways">
      <div className="card-head">
        <h2 id="gateways">Gateways</h2>
        <p className="small dim">
          Keys are sealed to a gateway once its sealing key is admitted, by{' '}
          <code className="mono">muster ca gateways --admit FINGERPRINT</code>. Compare it with the log of the
          gateway.
        </p>
      </div>
      {gateways.length === 0 ? (
        <Nothing title="No gateway has told what it presents" />
      ) : (
        <Table
          caption="Gateways"
          rows={gateways}
          keyOf={({ gateway }) => gateway}
          columns={[
            { title: 'Gateway', lead: true, cell: (row) => <Presents row={row} /> },
            { title: 'Ends', cell: ({ identity }) => <Until at={identity.until} /> },
            { title: 'Sealing key', cell: (row) => <SealingKey row={row} /> },
            { title: 'Heard', cell: ({ heardAt }) => <When at={heardAt} /> },
          ]}
        />
      )}
    </section>
  );
}

function Presents({ row: { gateway, identity, problem } }: { readonly row: GatewayRow }) {
  return (
    <div className="wide stack-close">
      <span className="strong">{gateway}</span>
      <span>
        {identity.name === null ? 'presents its own' : `presents ${identity.name}`}
        <span className="small dim"> {identity.subject}</span>
      </span>
      {problem !== null && (
        <span className="small">
          <Pill tone="bad">Not as chosen</Pill> {problem}
        </span>
      )}
    </div>
  );
}

function SealingKey({ row: { gateway, sealingFingerprint, sealingPem } }: { readonly row: GatewayRow }) {
  if (sealingFingerprint === null || sealingPem === null)
    return <span className="dim">none: it has no folder to keep one in</span>;
  return (
    <div className="wide stack-close">
      <span className="mono small">{sealingFingerprint}</span>
      <a
        className="small"
        download={`${gateway}.sealing.pem`}
        href={`data:application/x-pem-file,${encodeURIComponent(sealingPem)}`}
      >
        Download, for --seal-to
      </a>
    </div>
  );
}
