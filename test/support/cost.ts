// What work costs this process, whatever else the machine does meanwhile: to be compared with other work of the same test.

/** In microseconds of processor. */
export function costOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
