import { expect, it } from 'vitest';
import { listeningLog } from '../../test/support/silent.js';
import { Complaints } from './complaints.js';

function listening() {
  const log = listeningLog();
  const whole = { ...log, child: () => whole };
  const clock = { nowMs: 0 };
  return { complaints: new Complaints(whole, () => clock.nowMs), lines: log.lines, clock };
}

it('tells of a peer once a minute, and how often it was silent since', () => {
  const { complaints, lines, clock } = listening();
  for (let n = 0; n < 5; n += 1) complaints.tell('10.0.0.1', 'badField', 'no');
  complaints.tell('10.0.0.1', 'notJson', 'no');
  complaints.tell('10.0.0.2', 'badField', 'no');
  expect(lines).toHaveLength(3);
  clock.nowMs = 60_000;
  complaints.tell('10.0.0.1', 'badField', 'no', { serial: 'A' });
  expect(lines.at(-1)?.fields).toEqual({ peer: '10.0.0.1', reason: 'badField', repeated: 4, serial: 'A' });
});

it('stops at a thousand peers, says so, and goes on when they are old', () => {
  const { complaints, lines, clock } = listening();
  for (let n = 0; n < 5_000; n += 1) complaints.tell(`peer ${n}`, 'notTls', 'no');
  expect(lines).toHaveLength(1_001);
  expect(lines.at(-1)?.message).toContain('no more are named');
  clock.nowMs = 60_000;
  complaints.tell('another', 'notTls', 'no');
  expect(lines).toHaveLength(1_002);
});
