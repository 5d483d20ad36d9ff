// The models that a virtual fleet is made of: invented devices of real kinds.

export interface Model {
  readonly name: string;
  readonly firmware: string;
  /** First three bytes of its MAC address, locally administered. */
  readonly macPrefix: string;
  /** Settings it does not have. */
  readonly missing: readonly string[];
}

export const models: readonly Model[] = [
  {
    name: 'LaserJet Enterprise M612',
    firmware: '2511123_083214',
    macPrefix: '3e:52:82',
    missing: ['wifi.direct'],
  },
  {
    name: 'Color LaserJet Enterprise MFP M776',
    firmware: '2506649_061220',
    macPrefix: '3e:52:83',
    missing: [],
  },
  {
    name: 'LaserJet Pro 4002dw',
    firmware: '20251009',
    macPrefix: '3e:52:84',
    missing: ['disk.eraseMode', 'fw.remoteUpgrade'],
  },
  {
    name: 'OfficeJet Pro 9130',
    firmware: '2533A',
    macPrefix: '3e:52:85',
    missing: ['disk.eraseMode', 'svc.tftpConfig'],
  },
  {
    name: 'PageWide Managed MFP P77960',
    firmware: '2411160_071145',
    macPrefix: '3e:52:86',
    missing: ['svc.wins'],
  },
];
