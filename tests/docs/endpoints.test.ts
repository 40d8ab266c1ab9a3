import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import * as gitlab from "pulumi-gitlab-agent";
import { repository } from "../support/repository";
import { textOf } from "./pages";

interface Row {
  endpoint: string;
  behind: string[];
  tests: string[];
}

/** The rows of the table that begins with "| endpoint |". */
function rowsOf(page: string): Row[] {
  return textOf(page)
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, endpoint = ""]) => /^`[A-Z]+ \//.test(endpoint))
    .map(([, endpoint = "", behind = "", tests = ""]) => ({
      endpoint: endpoint.replaceAll("`", ""),
      behind: [...behind.matchAll(/`(\w+)(?:\.get)?`/g)].map((match) => match[1] ?? ""),
      tests: [...tests.matchAll(/tests\/[\w/.]+/g)].map((match) => match[0]),
    }));
}

/** The operations in our description of GitLab's API. */
function operations(): string[] {
  const { paths } = parse(readFileSync(path.join(repository, "docs/api/gitlab-agents.openapi.yaml"), "utf8")) as {
    paths: Record<string, object>;
  };
  const verbs = ["get", "post", "put", "patch", "delete"];
  return Object.entries(paths).flatMap(([route, item]) =>
    Object.keys(item)
      .filter((key) => verbs.includes(key))
      .map((verb) => `${verb.toUpperCase()} ${route.replace(/\{(\w+)\}/g, ":$1")}`),
  );
}

test("every endpoint of the API is in the table once, and otherwise only /metadata", () => {
  expect(operations()).toHaveLength(12);
  const listed = rowsOf("docs/endpoints.md").map(({ endpoint }) => endpoint);
  expect(listed.sort()).toEqual([...operations(), "GET /metadata"].sort());
});

test("the names in the table are exported, and used in the test of their row", () => {
  const named = new Set<string>();
  for (const { endpoint, behind, tests } of rowsOf("docs/endpoints.md")) {
    expect([endpoint, behind.length > 0, tests.length > 0]).toEqual([endpoint, true, true]);
    for (const name of behind) {
      named.add(name);
      expect([name, typeof gitlab[name as keyof typeof gitlab]]).toEqual([name, "function"]);
    }
    for (const file of tests) {
      expect([file, existsSync(path.join(repository, file))]).toEqual([file, true]);
      expect([file, behind.filter((name) => textOf(file).includes(name))]).not.toEqual([file, []]);
    }
    // A single test in a row uses all names of the row; of two tests, each name is used in one.
    const text = tests.map(textOf).join("\n");
    expect([endpoint, behind.filter((name) => text.includes(name))]).toEqual([endpoint, behind]);
  }
  const functions = Object.keys(gitlab).filter((name) => /^get.*(?<!Output)$/.test(name));
  expect([...named].sort()).toEqual(
    [...functions, "ClusterAgent", "AgentToken", "AgentConnection", "ReceptiveUrlConfig"].sort(),
  );
});
