import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconPlugConnectedX,
  type Icon,
} from '@tabler/icons-react';
import type { InstanceState, InstanceStatus, ServiceStatus } from '../../api/types.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { wordFor, words } from '../../words.js';
import { ageOf } from './age.js';

interface Row {
  readonly service: string;
  /** Null: none was ever heard of. */
  readonly instance: InstanceStatus | null;
  readonly first: boolean;
}

const looks: Readonly<
  Record<InstanceState, { readonly tone: Tone; readonly icon: Icon; readonly word: string }>
> = {
  ready: { tone: 'good', icon: IconCircleCheck, word: 'Ready' },
  notReady: { tone: 'warn', icon: IconAlertTriangle, word: 'Not ready' },
  notHeard: { tone: 'bad', icon: IconPlugConnectedX, word: 'Not heard' },
  stopped: { tone: 'calm', icon: IconCircleDashed, word: 'Stopped' },
};

/** Every service, whether or not an instance of it runs. */
export function Services({
  services,
  now,
}: {
  readonly services: readonly ServiceStatus[];
  readonly now: number;
}) {
  const rows = services.flatMap(({ service, instances }): readonly Row[] =>
    instances.length === 0
      ? [{ service, instance: null, first: true }]
      : instances.map((instance, at) => ({ service, instance, first: at === 0 })),
  );
  return (
    <section className="card card-flush" aria-labelledby="services">
      <h2 id="services" className="table-head">
        Services
      </h2>
      <Table
        caption="Services and their instances"
        rows={rows}
        keyOf={({ service, instance }) => `${service} ${instance?.instance ?? ''}`}
        columns={[
          {
            title: 'Service',
            lead: true,
            cell: ({ service, first }) => <Name service={service} first={first} />,
          },
          {
            title: 'Instance',
            cell: ({ instance }) => <span className="mono">{instance?.instance ?? '–'}</span>,
          },
          { title: 'State', cell: ({ instance }) => <State instance={instance} /> },
          { title: 'Heard', cell: ({ instance }) => heard(instance, now) },
          { title: 'Up for', minor: true, cell: ({ instance }) => up(instance, now) },
          { title: 'Version', minor: true, cell: ({ instance }) => instance?.version ?? '–' },
        ]}
      />
    </section>
  );
}

function Name({ service, first }: { readonly service: string; readonly first: boolean }) {
  const name = wordFor(words.service, service);
  return <span className={first ? 'strong' : 'dim'}>{name}</span>;
}

function State({ instance }: { readonly instance: InstanceStatus | null }) {
  if (!instance) {
    return (
      <Pill tone="bad" icon={IconCircleX}>
        No instance
      </Pill>
    );
  }
  const { word, ...look } = looks[instance.state];
  return (
    <div className="stack-close">
      {instance.replaced ? (
        <Pill tone="calm" icon={look.icon}>
          {`${word}, replaced`}
        </Pill>
      ) : (
        <Pill {...look}>{word}</Pill>
      )}
      {instance.problems.map((problem) => (
        <span key={problem} className="small">
          {problem}
        </span>
      ))}
    </div>
  );
}

const heard = (instance: InstanceStatus | null, now: number): string =>
  instance ? `${ageOf(now - Date.parse(instance.heardAt))} ago` : 'never';

const up = (instance: InstanceStatus | null, now: number): string =>
  instance && (instance.state === 'ready' || instance.state === 'notReady')
    ? ageOf(now - Date.parse(instance.startedAt))
    : '–';
