import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { Pill } from '../../parts/pill.js';
import { Clock } from '../../parts/when.js';
import { wordFor, words } from '../../words.js';
import type { StepKind, Thread } from './threads.js';

const order: readonly StepKind[] = ['admission', 'licence', 'groups', 'assessment'];

export const ThreadRow = memo(function ThreadRow({ thread }: { readonly thread: Thread }) {
  const { at, serial, model, ip, reason, secured, deviceId, steps } = thread;
  const { tlsVersion, group, cipher } = secured;
  return (
    <li className="thread">
      <span className="dim small">
        <Clock at={at} />
      </span>
      <div>
        {deviceId === null ? (
          <strong>{model}</strong>
        ) : (
          <Link to="/devices/$id" params={{ id: deviceId }} className="strong">
            {model}
          </Link>
        )}{' '}
        <span className="mono">{serial}</span>
        <div className="small dim">
          <span className="mono">{ip}</span> · {wordFor(words.reason, reason)} ·{' '}
          <span title={cipher}>{[tlsVersion, group].filter(Boolean).join(', ')}</span>
        </div>
      </div>
      <ul className="plain-list tags" aria-label="What followed">
        <li>
          <Pill tone="calm">Accepted</Pill>
        </li>
        {order.map((kind) => {
          const step = steps.get(kind);
          return step ? (
            <li key={kind}>
              <Pill tone={step.tone}>{step.text}</Pill>
            </li>
          ) : null;
        })}
      </ul>
    </li>
  );
});
