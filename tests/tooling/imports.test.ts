import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { repository } from "../support/engine";

// ESLint itself, with our settings, on one line at a time: the rule is only as good as what it catches.
function complaints(file: string, line: string): string[] {
  const eslint = path.join(repository, "node_modules/eslint/bin/eslint.js");
  const { stdout } = spawnSync(
    process.execPath,
    [eslint, "--stdin", "--stdin-filename", file, "--format", "json", "--rule", '{"no-unused-vars":"off"}'],
    { cwd: repository, input: `${line}\n`, encoding: "utf8" },
  );
  const [result] = JSON.parse(stdout) as [{ messages: { ruleId: string | null; message: string }[] }];
  return result.messages
    .filter(({ ruleId }) => ruleId === "@typescript-eslint/no-restricted-imports")
    .map(({ message }) => message);
}

describe("the direction of imports", () => {
  test.each([
    ["provider/gitlab/client.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["provider/gitlab/client.ts", `import { log } from "@pulumi/pulumi/runtime";`],
    ["provider/gitlab/client.ts", `import { clusterAgent } from "../clusterAgent";`],
    ["provider/gitlab/client.ts", `import { ClusterAgent } from "../../sdk";`],
    ["provider/index.ts", `import axios from "axios";`],
    ["provider/index.ts", `import { ClusterAgent } from "../sdk/clusterAgent";`],
    ["provider/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
    ["provider/index.ts", `import { startSimulator } from "../simulator";`],
    ["sdk/index.ts", `import axios from "axios";`],
    ["sdk/index.ts", `import { startSimulator } from "../simulator/index";`],
    ["simulator/index.ts", `import { GitLabClient } from "../provider/gitlab";`],
    ["simulator/index.ts", `import { ClusterAgent } from "../sdk";`],
    ["simulator/index.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["simulator/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
    ["examples/quickstart/index.ts", `import { ClusterAgent } from "../../sdk";`],
  ])("%s may not say: %s", (file, line) => {
    expect(complaints(file, line)).toHaveLength(1);
  });

  test.each([
    ["provider/gitlab/client.ts", `import axios from "axios";`],
    ["provider/index.ts", `import { GitLabClient } from "./gitlab";`],
    ["provider/index.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["sdk/index.ts", `import { GitLabClient } from "../provider/gitlab";`],
    ["simulator/index.ts", `import { Hono } from "hono";`],
    ["examples/quickstart/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
  ])("%s may say: %s", (file, line) => {
    expect(complaints(file, line)).toEqual([]);
  });
});
