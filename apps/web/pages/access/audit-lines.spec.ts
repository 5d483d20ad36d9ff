import { describe, expect, it } from 'vitest';
import { auditDetail } from './audit-lines.js';

const change = (path: string) => ({ path, from: null, to: 1 });

describe('the detail of an audit entry', () => {
  it('is a line for each field that changed', () => {
    const changed = [
      { path: 'items.svc.ipp.required', from: 'both', to: 'ippsOnly' },
      { path: 'allowRemediation', from: false, to: true },
      { path: 'deviceNetworks', from: [], to: ['10.0.0.0/8'] },
    ];
    expect(auditDetail({ changed }).lines).toEqual([
      { path: 'items.svc.ipp.required', from: 'both', to: 'ippsOnly' },
      { path: 'allowRemediation', from: 'off', to: 'on' },
      { path: 'deviceNetworks', from: '[]', to: '["10.0.0.0/8"]' },
    ]);
  });

  it('is bounded: ten lines, and a start of what is long', () => {
    const many = auditDetail({ changed: Array.from({ length: 25 }, (_, at) => change(`items.${at}`)) });
    expect([many.lines.length, many.more]).toEqual([10, 15]);
    expect(auditDetail({ reason: 'x'.repeat(5000) }).text).toHaveLength(301);
    expect(
      auditDetail({ changed: [{ path: 'a', from: 'x'.repeat(500), to: null }] }).lines[0]?.from,
    ).toHaveLength(81);
  });

  it.each([[null], [undefined], [{}]])('is nothing for %s', (detail) => {
    expect(auditDetail(detail)).toEqual({ lines: [], more: 0, text: '' });
  });
});
