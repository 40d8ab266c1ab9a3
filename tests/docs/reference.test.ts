import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/engine";
import { cleanEnvironment, runCommand } from "../support/processes";

test("the API reference is made without a warning, with a page for every class, function and entry", async () => {
  const out = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-reference-"));
  try {
    const args = ["node_modules/typedoc/bin/typedoc", "--out", out];
    const { code, output } = await runCommand(process.execPath, args, { cwd: repository, env: cleanEnvironment() });
    expect([code, output]).toEqual([0, expect.any(String)]);
    const pages = ["ClusterAgent", "AgentToken", "AgentConnection", "ReceptiveUrlConfig", "Provider"].map(
      (name) => `classes/sdk.${name}`,
    );
    const others = [
      "functions/sdk.getKas",
      "classes/sdk_kubernetes.AgentInstallation",
      "functions/simulator.startSimulator",
    ];
    const absent = [...pages, ...others].filter((page) => !existsSync(path.join(out, `${page}.html`)));
    expect(absent).toEqual([]);
    // What an output shows on hover, its example too, stands on its page.
    expect(readFileSync(path.join(out, "classes/sdk.AgentToken.html"), "utf8")).toContain("agent-token");
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
