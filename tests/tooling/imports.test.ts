import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { repository } from "../support/repository";

// Runs ESLint with our settings and one rule at a time on single lines, to show that the rule refuses what it should. It runs in
// a new process, since jest cannot load the settings, an ES module; in one for all rules, since it takes a second to start.
const script = `
  const { ESLint } = require("eslint");
  const overrideConfig = [{ files: ["**/*.ts"], languageOptions: { parserOptions: { project: false } } }];
  const count = async ({ rule, files }) => {
    const eslint = new ESLint({ ruleFilter: ({ ruleId }) => ruleId === rule, overrideConfig });
    const results = await Promise.all(files.map(([filePath, line]) => eslint.lintText(line + "\\n", { filePath })));
    return results.map(([{ messages }]) => messages.filter((one) => one.ruleId === rule).length);
  };
  Promise.all(JSON.parse(require("node:fs").readFileSync(0, "utf8")).map(count)).then((counts) =>
    console.log(JSON.stringify(counts)));`;

type Line = [file: string, line: string];

/** The number of complaints about each line, for each rule. */
function complaints(...rules: { rule: string; files: Line[] }[]): number[][] {
  const input = JSON.stringify(rules);
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: repository, input, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as number[][];
}

const FORBIDDEN: Line[] = [
  ["provider/gitlab/client.ts", `import * as pulumi from "@pulumi/pulumi";`],
  ["provider/gitlab/client.ts", `import { log } from "@pulumi/pulumi/runtime";`],
  ["provider/gitlab/client.ts", `import { ClusterAgent } from "../../sdk";`],
  ["provider/index.ts", `import axios from "axios";`],
  ["provider/creation/locks.ts", `import axios from "axios";`],
  ["provider/doors/plugin/list.ts", `import { ClusterAgent } from "../../../sdk";`],
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
const ALLOWED: Line[] = [
  ["provider/gitlab/client.ts", `import axios from "axios";`],
  ["provider/index.ts", `import { GitLabClient } from "./gitlab";`],
  ["provider/index.ts", `import * as pulumi from "@pulumi/pulumi";`],
  ["sdk/index.ts", `import { GitLabClient } from "../provider/gitlab";`],
  ["simulator/index.ts", `import { Hono } from "hono";`],
  ["examples/quickstart/index.ts", `import { ClusterAgent } from "pulumi-gitlab-agent";`],
];

/** The rooms in the lint settings, read by a new process, since jest cannot load an ES module. */
function rooms(): { room: string[]; imports: string[] }[] {
  const program = 'import("./eslint.rooms.mjs").then(({ ROOMS }) => console.log(JSON.stringify(ROOMS)))';
  const { stdout } = spawnSync(process.execPath, ["-e", program], { cwd: repository, encoding: "utf8" });
  return JSON.parse(stdout) as { room: string[]; imports: string[] }[];
}

/** A file of a room, relative to provider/. */
function fileIn(place: string): string {
  if (place.endsWith(".ts")) return place;
  const files = readdirSync(path.join(repository, "provider", place)).filter((file) => file.endsWith(".ts"));
  return `${place}/${files.includes("index.ts") ? "index.ts" : (files[0] ?? "")}`;
}

const ROOMS = rooms();
const PAIRS = ROOMS.flatMap(({ room, imports }) =>
  ROOMS.filter((other) => other.room !== room).map((other) => {
    const place = other.room.find((each) => !imports.includes(each));
    const [from, to] = [fileIn(room[0] ?? ""), fileIn(place ?? other.room[0] ?? "")];
    const relative = path.posix.relative(path.posix.dirname(from), to.replace(/\.ts$/, ""));
    const line = `import * as other from "${relative.startsWith(".") ? relative : `./${relative}`}"; export { other };`;
    return { file: `provider/${from}`, line, allowed: place === undefined };
  }),
);

const CIRCLE: Line = [
  "provider/inputs/properties.ts",
  `import { projectViolation } from "./validation"; import { x } from "./rules"; export { projectViolation, x };`,
];

const [ofDirection = [], ofRooms = [], ofCircle = []] = complaints(
  { rule: "@typescript-eslint/no-restricted-imports", files: [...FORBIDDEN, ...ALLOWED] },
  { rule: "import-x/no-restricted-paths", files: PAIRS.map(({ file, line }) => [file, line]) },
  { rule: "import-x/no-cycle", files: [CIRCLE] },
);

describe("the direction of imports", () => {
  test.each(FORBIDDEN.map(([file, line], at) => [file, line, ofDirection[at]]))(
    "%s must not contain: %s",
    (_file, _line, count) => {
      expect(count).toBe(1);
    },
  );
  test.each(ALLOWED.map(([file, line], at) => [file, line, ofDirection[FORBIDDEN.length + at]]))(
    "%s may contain: %s",
    (_file, _line, count) => {
      expect(count).toBe(0);
    },
  );
});

describe("the rooms of provider/", () => {
  test("each file belongs to one room", () => {
    const files = readdirSync(path.join(repository, "provider"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.split(path.sep).join("/"));
    const homes = files.map((file) => [
      file,
      ROOMS.filter(({ room }) => room.some((place) => file === place || file.startsWith(`${place}/`))).length,
    ]);
    expect(homes.filter(([, count]) => count !== 1)).toEqual([]);
    expect(PAIRS.filter(({ allowed }) => !allowed).length).toBeGreaterThan(100);
  });

  test.each(PAIRS.map(({ file, line, allowed }, at) => [file, line, allowed, ofRooms[at]] as const))(
    "%s, %s: allowed is %p",
    (_file, _line, allowed, count) => {
      expect(count).toBe(allowed ? 0 : 1);
    },
  );

  test("show at most twelve files beside the folders, and eight in provider/gitlab", () => {
    const filesOf = (folder: string) =>
      readdirSync(path.join(repository, folder), { withFileTypes: true }).filter((entry) => entry.isFile()).length;
    expect(filesOf("provider")).toBeLessThanOrEqual(12);
    expect(filesOf("provider/gitlab")).toBeLessThanOrEqual(8);
  });
});

test("a circle of imports is refused", () => {
  expect(ofCircle).toEqual([1]);
});

// The lint rule does not follow imports of types alone.
test("no two files need each other, not even for their types", () => {
  const files = ["provider", "sdk", "cli", "simulator"].flatMap((folder) =>
    ts.sys.readDirectory(path.join(repository, folder), [".ts"]),
  );
  const importsOf = (file: string) =>
    ts.preProcessFile(readFileSync(file, "utf8")).importedFiles.flatMap(({ fileName }) => {
      // A package, which may have the name of a file here.
      if (!fileName.startsWith(".")) return [];
      const base = path.resolve(path.dirname(file), fileName);
      return files.filter((other) => [`${base}.ts`, path.join(base, "index.ts")].includes(other));
    });
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  expect([...imports.values()].flat().length).toBeGreaterThan(files.length);
  // Takes away, again and again, what imports nothing that remains.
  for (let before = 0; before !== imports.size;) {
    before = imports.size;
    for (const [file, others] of imports) {
      if (!others.some((other) => imports.has(other))) imports.delete(file);
    }
  }
  expect([...imports.keys()].map((file) => path.relative(repository, file))).toEqual([]);
});
