// What was asked of assessment, as it is answered: whoever asked can wait for what follows from it.
import type { Asked } from '#answers/devices';
import type { Draft } from '#events/event';

export type OfDevice = Draft<{ readonly deviceId: string }>;

export interface Request {
  readonly request: OfDevice;
  readonly serial: string;
  readonly undoes: string | null;
}

export function askedOf(requests: readonly Request[]): Asked {
  const asked = requests.map(({ request: { id, data }, serial, undoes }) => {
    return { requestId: id, deviceId: data.deviceId, serial, undoes };
  });
  return { devices: new Set(asked.map(({ deviceId }) => deviceId)).size, asked };
}
