import { execFileSync } from "node:child_process";
import { repository } from "../support/repository";

/** The files of packages, from the package's name on, that a program loads when it imports entries of this package. */
function loadedFiles(...entries: string[]): string[] {
  const program = `
    for (const entry of ${JSON.stringify(entries)}) require(entry);
    const files = Object.keys(require.cache).flatMap((file) => /.*node_modules\\/(.*)/.exec(file)?.[1] ?? []);
    console.log(JSON.stringify(files));`;
  return JSON.parse(execFileSync("node", ["-e", program], { cwd: repository, encoding: "utf8" })) as string[];
}

/** The packages of these files. */
const loaded = (...entries: string[]) =>
  new Set(loadedFiles(...entries).map((file) => /^(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]));

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

test("the component's entry loads the core API and the Release of @pulumi/kubernetes, and no other API", () => {
  const files = loadedFiles("pulumi-gitlab-agent/kubernetes").filter((file) => file.startsWith("@pulumi/kubernetes/"));
  const others = files.filter((file) => file.split("/").length > 3 && !file.includes("/core/v1/"));
  expect(others).toEqual(["@pulumi/kubernetes/helm/v3/release.js"]);
});
