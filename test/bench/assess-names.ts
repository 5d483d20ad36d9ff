// Where the devices of bench:assess are, and how they are called.
export const apiDevices = { prefix: '127.40', serialPrefix: 'API' } as const;
export const snmpDevices = { prefix: '127.41', serialPrefix: 'SNM' } as const;
