// IEEE 1284 device ids, which printers have had since parallel ports: MFG:…;MDL:…;SN:…;

export const deviceIdNames = { serial: /^(?:SN|SERN|SERIALNUMBER)$/, model: /^(?:MDL|MODEL)$/ } as const;

/** What an id has by a name, and is not empty. */
export const inDeviceId = (id: string, name: RegExp): readonly string[] =>
  id.split(';').flatMap((field) => {
    const [key = '', ...value] = field.split(':');
    const text = value.join(':').trim();
    return name.test(key.trim().toUpperCase()) && text !== '' ? [text] : [];
  });
