import { startSimulator } from "pulumi-gitlab-agent/simulator";
import { permanent } from "../../sdk/permanent";
import { expectEntry } from "../support/catalogue";
import { withStack } from "../support/engine";

test("`pulumi import <type>` of a dynamic kind fails as docs/errors.md says, sends no request, and leaves the state unchanged", async () => {
  const simulator = await startSimulator();
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]! };
  const { id } = simulator.state.createAgent("group/app", "production");
  await withStack({ env }, async (stack) => {
    const command = ["import", permanent("ClusterAgent").type, "production", `group/app:${id}`, "--yes"];
    const { code, output } = await stack.cli(command);
    expect(code).not.toBe(0);
    const [told = output] = /Error: code must be .*?(?=: Error: |$)/m.exec(output) ?? [];
    expectEntry("pulumi import: code must be a string", told);
    const { deployment } = await stack.exportState();
    expect(JSON.stringify(deployment)).not.toContain("gitlab:ClusterAgent");
  });
  await simulator.close();
  expect(simulator.requests).toEqual([]);
});
