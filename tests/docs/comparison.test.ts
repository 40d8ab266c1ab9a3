import * as kubernetes from "pulumi-gitlab-agent/kubernetes";
import * as sdk from "pulumi-gitlab-agent";
import { agentToken } from "../../provider";
import { ALIASES, likelyMeant, resolveSettings, SETTING_NAMES } from "../../provider/gitlab";
import { parseId } from "../../provider/inputs/ids";
import { reasons } from "../provider/doors";
import { textOf } from "./pages";

const PAGE = "docs/comparison.md";

/** The cells of a row of the comparison's table, ours first. */
function rowOf(name: string): string[] {
  const row = textOf(PAGE)
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, first]) => first === name);
  return row?.slice(2, -1) ?? [];
}

test("the comparison names our resources and our component", () => {
  const exported = { ...sdk, ...kubernetes } as Record<string, unknown>;
  const named = ["agents", "tokens", "URL configurations of receptive agents", "installing the agent"].map(
    (row) => /`(\w+)`/.exec(rowOf(row)[0] ?? "")?.[1] ?? "",
  );
  expect(named).toEqual(["ClusterAgent", "AgentToken", "ReceptiveUrlConfig", "AgentInstallation"]);
  for (const name of named) expect([name, typeof exported[name]]).toEqual([name, "function"]);
});

test("a token is imported only if the program accepts that its secret is lost", async () => {
  expect(rowOf("importing a token")[0]).toBe("only if the program accepts that its secret is lost");
  const inputs = { project: 42, agentId: 7, name: "blue", importId: "42:7:21" };
  expect(await reasons(agentToken, inputs)).toEqual([expect.stringContaining("allowMissingToken: true")]);
});

test("the number of requests of a refresh is the measured one", () => {
  const measured = /^\| requests of a refresh *\| *(\d+) /m.exec(textOf("docs/benchmarks/results.md"))?.[1];
  expect(rowOf("refreshing 1000 agents of one project")[0]).toMatch(new RegExp(`^${measured} requests`));
});

test("the keys that are shared with Pulumi's GitLab provider are read as configuration.md says", () => {
  const text = textOf("docs/configuration.md");
  const section = /^## Shared with Pulumi's GitLab provider\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const keysOf = (meaning: RegExp) =>
    rows
      .filter((row) => meaning.test(row.split("|")[2] ?? ""))
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`gitlab:(\w+)`/g)].map((match) => match[1] ?? ""));
  const same = keysOf(/the same setting/);
  expect(same).toEqual(["baseUrl", "token", "insecure", "headers"]);
  for (const key of same) expect(SETTING_NAMES).toContain(key);
  const aliases = keysOf(/read as/);
  expect([...aliases].sort()).toEqual(Object.values(ALIASES).sort());
  const config: Record<string, string> = { cacertFile: "/ca", clientCert: "/cert", clientKey: "/key" };
  const settings = resolveSettings({ lookup: (name) => config[name], describe: (name) => name, env: {} });
  expect(settings).toMatchObject({ caCertFile: "/ca", clientCertFile: "/cert", clientKeyFile: "/key" });
  // Ignored keys cause no warning.
  const ignored = keysOf(/ignored/);
  expect(ignored.length).toBeGreaterThan(3);
  expect(ignored.filter((key) => likelyMeant(key) !== undefined)).toEqual([]);
  for (const key of textOf(PAGE).match(/(?<=`gitlab:)\w+(?=`)/g) ?? []) expect([...same, ...aliases]).toContain(key);
});

test("the ids on the page about imports can be read", () => {
  const ids = new Set(textOf("docs/import.md").match(/(?<=import: ")[^"]+(?=")/g));
  expect(ids.size).toBeGreaterThan(0);
  for (const id of ids) {
    const parts = id.split(":").length;
    expect(parseId(id, "AgentToken", parts === 2 ? "agentId" : "tokenId")).toMatchObject({
      project: id.split(":")[0],
    });
  }
});
