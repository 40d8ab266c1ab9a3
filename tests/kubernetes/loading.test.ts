import { execFileSync } from "node:child_process";
import { repository } from "../support/repository";

/** The packages whose files a program loads when it imports entries of this package. */
function loaded(...entries: string[]): string[] {
  const program = `
    for (const entry of ${JSON.stringify(entries)}) require(entry);
    const names = Object.keys(require.cache).map((file) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
    console.log(JSON.stringify([...new Set(names)]));`;
  return JSON.parse(execFileSync("node", ["-e", program], { cwd: repository, encoding: "utf8" })) as string[];
}

test("the main entry, the provider's and the simulator's never load @pulumi/kubernetes", () => {
  const names = loaded("pulumi-gitlab-agent", "pulumi-gitlab-agent/provider", "pulumi-gitlab-agent/simulator");
  expect(names).toContain("@pulumi/pulumi");
  expect(names).not.toContain("@pulumi/kubernetes");
});

test("the component's entry loads it, and no HTTP client", () => {
  const names = loaded("pulumi-gitlab-agent/kubernetes");
  expect(names).toContain("@pulumi/kubernetes");
  expect(names).not.toContain("axios");
});
