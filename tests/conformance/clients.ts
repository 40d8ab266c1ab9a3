import { execFileSync } from "node:child_process";
import * as path from "node:path";

import { repository } from "../support/repository";

/** A client, or one line that says why it is missing. */
export interface Client {
  path?: string;
  missing?: string;
}

/**
 * The Python, the Go and the Helm of the tests, brought where they are not yet in the cache (scripts/setup/clients.mjs).
 * Only for use where tests are declared, since whether they are there decides what is declared.
 */
export function providedClients(): { python: Client; go: Client; helm: Client; yaml: Client } {
  const printed = execFileSync("sh", ["scripts/with-node.sh", "node", "scripts/setup.mjs", "--clients"], {
    cwd: path.resolve(repository),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(printed) as { python: Client; go: Client; helm: Client; yaml: Client };
}

/**
 * Declares the tests of a client. Without the client there is one test in their place: in CI it fails; elsewhere it shows
 * as one that is still to do, which `make test` counts as skipped, and its name and standard error say why.
 *
 * @example describeClient("python-gitlab", providedClients().python, (python) => test("…", async () => { … }));
 */
export function describeClient(name: string, client: Client, declare: (path: string) => void): void {
  describe(name, () => {
    if (client.path !== undefined) return declare(client.path);
    const title = `is not tested, since it is missing: ${client.missing}`;
    if (process.env["CI"]) {
      test(title, () => {
        throw new Error(`CI has to test with every client. ${client.missing}`);
      });
    } else {
      process.stderr.write(`\nNOT TESTED: ${name}. ${client.missing}\n\n`);
      test.todo(title);
    }
  });
}
