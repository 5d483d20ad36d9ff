// What a file is sent as: browsers say different things of the same file.

/** As libs/documents/device-list.ts, which the page does not load: it looks at addresses as a server does. */
export const bytesMax = 10_000_000;

const types: Readonly<Record<string, string>> = { csv: 'text/csv', xml: 'application/xml' };

export function contentOf(file: File): Blob {
  const ending = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  return new Blob([file], { type: types[ending] ?? 'text/plain' });
}
