// Types are gone before anything runs.
// checked: returns 3
import type { ChildProcess } from 'node:child_process';
type Environment = typeof process extends { env: infer E } ? E : never;
type Fetch = typeof fetch;
interface Host {
  process: ChildProcess;
  fetch: Fetch;
  environment: Environment;
}
const count = (hosts: Partial<Host>[], each: Function): number => hosts.filter((h) => each(h)).length;
export default count([{}, {}, {}], () => true);
