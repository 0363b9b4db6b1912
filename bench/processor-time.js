/**
 * Milliseconds of processor time this process has used, its garbage collection threads included. Other work on the
 * machine does not count, so that figures can be compared with each other on a busy one too.
 */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
