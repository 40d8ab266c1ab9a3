import { startSimulator } from "pulumi-gitlab-agent/simulator";
import { textOf } from "./pages";

const manifest = JSON.parse(textOf("package.json")) as {
  version: string;
  engines: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

/** The cells of a row in one of the README's tables. */
function rowOf(name: string): string[] {
  const row = textOf("README.md")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, first]) => first === name);
  return row?.slice(2, -1) ?? [];
}

test("the README's versions are those of the package and of the tests", async () => {
  const oldestCli = /^const oldest = \[(\d+), (\d+), 0\];/m
    .exec(textOf("scripts/setup/pulumi.mjs"))
    ?.slice(1)
    .join(".");
  const cli = /pkg\/v3 v(\S+)/.exec(textOf("scripts/pulumi-cli/go.mod"))?.[1];
  const { "@pulumi/pulumi": sdk, "@pulumi/kubernetes": kubernetes } = manifest.peerDependencies;
  const run = manifest.devDependencies;
  expect(textOf("README.md")).toContain(`Version ${manifest.version}, not on npm yet.`);
  expect(manifest.engines).toEqual({ node: ">=22" });
  expect(rowOf("Node.js")).toEqual(["22", process.versions.node.split(".")[0]]);
  expect(rowOf("Pulumi CLI")).toEqual([oldestCli, cli]);
  expect(rowOf("`@pulumi/pulumi`")).toEqual([/^\^(\d+\.\d+)\.0$/.exec(sdk ?? "")?.[1], run["@pulumi/pulumi"]]);
  const [oldest = "", newest] = rowOf("`@pulumi/kubernetes`");
  expect([`^${oldest.split(",")[0]}.0`, newest]).toEqual([kubernetes, run["@pulumi/kubernetes"]]);
  const simulator = await startSimulator();
  try {
    const headers = { "PRIVATE-TOKEN": simulator.tokens["maintainer"] ?? "" };
    const { version } = (await (await fetch(`${simulator.url}/api/v4/metadata`, { headers })).json()) as {
      version: string;
    };
    expect(rowOf("GitLab")[1]).toContain(`as GitLab ${/^\d+\.\d+/.exec(version)?.[0]} and`);
  } finally {
    await simulator.close();
  }
});

test("the README is short, says what was not run, and has the usual sections", () => {
  const text = textOf("README.md");
  expect(text.trimEnd().split("\n").length).toBeLessThan(115);
  expect(text).toContain("**Nothing was run against a live GitLab.**");
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
    "Status and supported versions",
    "Install",
    "A program",
    "Install in the cluster",
    "Rotation",
    "Configuration",
    "Try it without a GitLab",
    "Documentation",
    "Help and security",
    "Licence",
  ]);
});
