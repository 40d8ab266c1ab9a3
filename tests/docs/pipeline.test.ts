import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { parse } from "yaml";
import { withProject } from "../support/project";
import { blocksOf } from "./pages";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

interface Job {
  rules: { if: string }[];
  resource_group: string;
  interruptible: boolean;
  script: string[];
}

test("the scheduled job of docs/replacement.md, as far as a shell can run it, rotates only what is due", async () => {
  const block = blocksOf("docs/replacement.md").find(({ language }) => language === "yaml")?.text ?? "";
  const jobs = parse(block) as Record<string, Job>;
  expect(Object.keys(jobs)).toEqual(["rotate"]);
  const { rules, resource_group, interruptible, script } = jobs["rotate"] as Job;
  expect(rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "schedule"' }]);
  expect([resource_group, interruptible]).toEqual(["$PULUMI_STACK", false]);

  const { state } = simulator;
  const config = { month: "2026-11" };
  await withProject({ from: "examples/token-rotation", config }, async (project) => {
    // The environment that the image and the job's variables provide. The packages are installed, so only npm is replaced.
    const bin = path.join(project.root, "bin");
    mkdirSync(bin);
    writeFileSync(path.join(bin, "npm"), '#!/bin/sh\necho "npm $*" >> npm-calls\n');
    chmodSync(path.join(bin, "npm"), 0o755);
    const env = {
      PATH: `${bin}${path.delimiter}${process.env["PATH"]}`,
      CI: "true",
      CI_API_V4_URL: `${simulator.url}/api/v4`,
      GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "",
      PULUMI_BACKEND_URL: `file://${path.join(project.root, "backend")}`,
      PULUMI_STACK: project.stack,
    };
    const job = async () => {
      const result = await project.run("bash", ["-eo", "pipefail", "-c", script.join("\n")], { env });
      if (result.code !== 0) throw new Error(result.output);
      return result.output;
    };
    const active = () => state.activeTokens().map(({ id }) => id);
    await job();
    const before = active();
    expect(before).toHaveLength(1);
    simulator.requests.length = 0;
    await job();
    expect(simulator.requests).toEqual([]);
    await project.pulumi(["config", "set", "month", "2026-12"]);
    await job();
    expect(active()).toHaveLength(1);
    expect(active()).not.toEqual(before);
    // Pulumi also calls npm, for its version.
    const calls = readFileSync(path.join(project.folder, "npm-calls"), "utf8").split("\n");
    expect(calls.filter((call) => call === "npm ci")).toHaveLength(3);
  });
});
