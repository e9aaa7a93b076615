export function cpuTimeOf(pid: number): number;
export function cpuTimeOfServer(postmaster: number): number;
export function parentOf(pid: number): number;
