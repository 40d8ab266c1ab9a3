import { spawnSync } from "node:child_process";
import { repository } from "../support/engine";

// ESLint itself, with our settings and this rule alone, on one line at a time: a rule is only as good as what it catches. In
// a process of its own, since jest cannot load settings that are an ES module.
const script = `
  const { ESLint } = require("eslint");
  const { files, rule } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const eslint = new ESLint({
    ruleFilter: ({ ruleId }) => ruleId === rule,
    overrideConfig: [{ files: ["**/*.ts"], languageOptions: { parserOptions: { project: false } } }],
  });
  Promise.all(files.map(([filePath, line]) => eslint.lintText(line + "\\n", { filePath }))).then((results) =>
    console.log(JSON.stringify(results.map(([{ messages }]) => messages.filter((one) => one.ruleId === rule).length))));`;

function complaints(lines: [file: string, line: string][]): number[] {
  const rule = "@typescript-eslint/no-restricted-imports";
  const input = JSON.stringify({ rule, files: lines });
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: repository, input, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as number[];
}

describe("the direction of imports", () => {
  const forbidden: [string, string][] = [
    ["provider/gitlab/client.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["provider/gitlab/client.ts", `import { log } from "@pulumi/pulumi/runtime";`],
    ["provider/gitlab/client.ts", `import { clusterAgent } from "../clusterAgent";`],
    ["provider/gitlab/client.ts", `import { ClusterAgent } from "../../sdk";`],
    ["provider/index.ts", `import axios from "axios";`],
    ["provider/index.ts", `import { ClusterAgent } from "../sdk/clusterAgent";`],
    ["provider/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
    ["provider/index.ts", `import { startSimulator } from "../simulator";`],
    ["sdk/index.ts", `import { adopt } from "../cli/adopt";`],
    ["simulator/index.ts", `import { adopt } from "../cli/adopt";`],
    ["sdk/index.ts", `import axios from "axios";`],
    ["sdk/index.ts", `import { startSimulator } from "../simulator/index";`],
    ["simulator/index.ts", `import { GitLabClient } from "../provider/gitlab";`],
    ["simulator/index.ts", `import { ClusterAgent } from "../sdk";`],
    ["simulator/index.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["simulator/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
    ["examples/quickstart/index.ts", `import { ClusterAgent } from "../../sdk";`],
  ];
  const allowed: [string, string][] = [
    ["provider/gitlab/client.ts", `import axios from "axios";`],
    ["provider/index.ts", `import { GitLabClient } from "./gitlab";`],
    ["provider/index.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["sdk/index.ts", `import { GitLabClient } from "../provider/gitlab";`],
    ["simulator/index.ts", `import { Hono } from "hono";`],
    ["examples/quickstart/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
  ];
  const counts = complaints([...forbidden, ...allowed]);

  test.each(forbidden.map(([file, line], at) => [file, line, counts[at]]))(
    "%s may not say: %s",
    (_file, _line, count) => {
      expect(count).toBe(1);
    },
  );
  test.each(allowed.map(([file, line], at) => [file, line, counts[forbidden.length + at]]))(
    "%s may say: %s",
    (_file, _line, count) => {
      expect(count).toBe(0);
    },
  );
});
