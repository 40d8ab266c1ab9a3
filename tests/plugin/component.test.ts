import { readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { repository } from "../support/repository";
import { KubernetesCluster } from "../support/kubernetesCluster";
import { withProject } from "../support/project";
import { describeYaml } from "./yamlHost";

let simulator: Simulator;
let cluster: KubernetesCluster;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
});

const text = readFileSync(path.join(repository, "examples/yaml-agent-installation/Pulumi.yaml"), "utf8");
const program = (month: string, more = "") => {
  const [before = "", after = ""] = text.replace('"2026-11"', `"${month}"`).split("    properties:\n");
  return `${before}    properties:\n${more}${after}`;
};

test("docs/languages.md shows the program that is run here", () => {
  const shown = blocksOf("docs/languages.md").filter(({ language }) => language === "yaml");
  expect(shown.map((block) => `${block.text.trimEnd()}\n`)).toContain(text);
});

const UP = ["up", "--yes", "--skip-preview"];
const CLEAN = ["preview", "--expect-no-changes"];
const DOWN = ["destroy", "--yes", "--skip-preview"];

describeYaml("a component in YAML", (yaml) => {
  test("examples/yaml-agent-installation: installed, unchanged, rotated, not rolled out, not connected, destroyed: never without a working token", async () => {
    const env = { ...cluster.env, PATH: [cluster.env["PATH"], yaml.PATH].join(path.delimiter) };
    const credential = simulator.tokens["maintainer"] ?? "";
    const config = { "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": { secret: credential } };
    await withProject({ from: "examples/yaml-agent-installation", link: false, env, config }, async (project) => {
      await project.run(path.join(repository, "dist/cli/index.js"), ["plugin", "install"]);
      const secrets = () => [credential, ...simulator.state.tokens.map(({ secret }) => secret)];
      const said: string[] = [];
      const run = async (...args: string[]) => {
        const { code, output } = await project.tryPulumi(args);
        said.push(output);
        expect(output).not.toMatch(/^\s+at /m);
        return { code, output };
      };
      const active = () => simulator.state.activeTokens().map(({ id }) => id);

      // With its preview, in which nothing is known yet.
      expect((await run("up", "--yes")).code).toBe(0);
      expect(cluster.timeline()).toEqual([
        "POST …",
        "POST …/1/tokens",
        "create Namespace gitlab-agent-production",
        "create Secret production-token-1",
        "create Release production",
      ]);
      expect(await project.outputs()).toEqual({
        agentId: 1,
        connectedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        namespace: "gitlab-agent-production",
        secret: "production-token-1",
        release: "production",
      });
      expect(cluster.only("Release").inputs["values"]).toEqual({
        config: { secretName: "production-token-1", kasAddress: "wss://kas.gitlab.example.com" },
        rbac: { useExistingRole: "view" },
      });

      const before = cluster.now();
      expect((await run(...CLEAN)).code).toBe(0);
      expect(cluster.timeline(before)).toEqual([]);

      project.write("Pulumi.yaml", program("2026-12"));
      expect((await run(...UP)).code).toBe(0);
      expect(cluster.timeline(before)).toEqual([
        "POST …/1/tokens",
        "create Secret production-token-2",
        "update Release production",
        "delete Secret production-token-1",
        "DELETE …/1/tokens/1",
      ]);

      // Pods that do not become ready: what they ran with so far goes on.
      const failing = cluster.now();
      cluster.refuse = (op, { kind }) =>
        op === "update" && kind === "Release" ? "timed out waiting for pods" : undefined;
      project.write("Pulumi.yaml", program("2027-01"));
      const failed = await run(...UP);
      expect(failed.code).not.toBe(0);
      expect(failed.output).toContain("timed out waiting for pods");
      expect(cluster.timeline(failing)).toEqual(["POST …/1/tokens", "create Secret production-token-3"]);
      expect([active(), cluster.connected(cluster.only("Release"))]).toEqual([[2, 3], true]);

      // Pods that are ready, and never reach GitLab: nothing is revoked.
      cluster.refuse = () => undefined;
      cluster.connects = false;
      project.write("Pulumi.yaml", program("2027-01", "      connectionTimeout: 3\n"));
      const unconnected = await run(...UP);
      expect(unconnected.code).not.toBe(0);
      expect(unconnected.output).toMatch(/GitLab saw no use of the token within 3 s.*Nothing was revoked/);
      expect(active()).toEqual([2, 3]);

      const mended = cluster.now();
      simulator.state.markTokenUsed(3);
      expect((await run(...UP)).code).toBe(0);
      expect(cluster.timeline(mended)).toEqual(["delete Secret production-token-2", "DELETE …/1/tokens/2"]);
      expect(active()).toEqual([3]);

      const last = cluster.now();
      expect((await run(...DOWN)).code).toBe(0);
      expect(cluster.timeline(last).slice(0, 2)).toEqual([
        "delete Release production",
        "delete Secret production-token-3",
      ]);
      expect(cluster.objects.size + simulator.state.agents.length).toBe(0);
      for (const secret of secrets()) {
        expect(said.filter((text) => text.includes(secret))).toEqual([]);
        expect(project.stateFiles().filter((text) => text.includes(secret))).toEqual([]);
      }
      expect(project.stateFiles().filter((text) => text.includes("component.cjs"))).toEqual([]);
    });
  });
});
