import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as provider from "../../provider";
import * as sdk from "pulumi-gitlab-agent";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
import { permanent } from "../../sdk/permanent";

// These texts are in every state file. After a change here, no existing stack would find its provider.
test("type tokens and provider texts never change", () => {
  const resources = Object.keys(provider.LIFECYCLES);
  expect(Object.fromEntries(resources.map((name) => [name, permanent(name)]))).toEqual({
    ClusterAgent: {
      type: "pulumi-nodejs:dynamic/gitlab:ClusterAgent",
      provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").clusterAgent;\n',
    },
    AgentToken: {
      type: "pulumi-nodejs:dynamic/gitlab:AgentToken",
      provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").agentToken;\n',
    },
    AgentConnection: {
      type: "pulumi-nodejs:dynamic/gitlab:AgentConnection",
      provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").agentConnection;\n',
    },
    ReceptiveUrlConfig: {
      type: "pulumi-nodejs:dynamic/gitlab:ReceptiveUrlConfig",
      provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").receptiveUrlConfig;\n',
    },
  });
});

test("the provider texts load an existing entry, name and method", () => {
  const { exports } = JSON.parse(readFileSync(path.join(__dirname, "../../package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  expect(exports["./provider"]?.default).toBe("./dist/provider/index.js");
  for (const resource of Object.keys(provider.LIFECYCLES)) {
    const name = /\.(\w+);\n$/.exec(permanent(resource).provider)?.[1] as keyof typeof provider;
    expect(Object.keys(provider[name]).sort()).toEqual([
      "check",
      "configure",
      "create",
      "delete",
      "diff",
      "read",
      "update",
    ]);
  }
});

test("the classes have the promised names", () => {
  expect(Object.keys(sdk)).toEqual(
    expect.arrayContaining(["Provider", "ClusterAgent", "AgentToken", "AgentConnection", "ReceptiveUrlConfig"]),
  );
  expect(sdk.ClusterAgent.__pulumiType).toBe(permanent("ClusterAgent").type);
  expect(sdk.AgentToken.__pulumiType).toBe(permanent("AgentToken").type);
  expect(sdk.AgentConnection.__pulumiType).toBe(permanent("AgentConnection").type);
  expect(sdk.ReceptiveUrlConfig.__pulumiType).toBe(permanent("ReceptiveUrlConfig").type);
  expect(AgentInstallation.__pulumiType).toBe("gitlab-agent:kubernetes:AgentInstallation");
});
