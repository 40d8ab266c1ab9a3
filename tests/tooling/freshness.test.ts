import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

// A checkout of a few empty files. A build is only recorded, and the test asks whether the next one is needed.
let checkout: string;
const BUILT = ["dist/.tsbuildinfo", "dist/plugin/pulumi-resource-gitlab-agent", "dist/plugin/component.cjs"];
const SOURCES = [
  ...["provider/a.ts", "provider/deep/b.ts", "sdk/a.ts", "simulator/a.ts", "cli/a.ts", "package.json", "tsconfig.json"],
  ...["tsconfig.build.json", "scripts/build.mjs", "scripts/plugin.mjs", "node_modules/.package-lock.json"],
];
const began = 1_700_000_000_000;

const inside = (file: string) => path.join(checkout, file);
const setTime = (file: string, milliseconds: number) =>
  utimesSync(inside(file), milliseconds / 1000, milliseconds / 1000);

beforeEach(() => {
  checkout = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-freshness-"));
  cpSync(path.join(repository, "scripts/setup"), inside("scripts/setup"), { recursive: true });
  for (const file of [...BUILT, ...SOURCES]) {
    mkdirSync(path.dirname(inside(file)), { recursive: true });
    writeFileSync(inside(file), "");
    setTime(file, began - 1000);
  }
  for (const folder of ["provider", "provider/deep", "sdk", "simulator", "cli"]) setTime(folder, began - 1000);
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** Evaluates an expression with the functions of freshness.mjs. */
async function evaluate(expression: string): Promise<string> {
  const script = `import { isFresh, markBuilt } from "./scripts/setup/freshness.mjs"; console.log(${expression});`;
  const args = ["--input-type=module", "-e", script];
  return (await runCommand("node", args, { cwd: checkout, env: cleanEnvironment() })).stdout.trim();
}

test("a build is skipped if nothing changed, and run if a source, a tool or a result changed", async () => {
  expect(await evaluate("isFresh()")).toBe("false");
  const changes = [
    ...SOURCES.map((file) => [
      `setTime("${file}")`,
      () => setTime(file, began + 1000),
      () => setTime(file, began - 1000),
    ]),
    ["a removed source", () => rmSync(inside("provider/deep/b.ts")), () => setTime("provider/deep", began - 1000)],
    ...BUILT.map((file) => [`no ${file}`, () => rmSync(inside(file)), () => writeFileSync(inside(file), "")]),
  ] as [string, () => void, () => void][];
  for (const [name, change, undo] of changes) {
    expect(await evaluate(`(markBuilt(true, ${began}), isFresh())`)).toBe("true");
    change();
    expect([name, await evaluate("isFresh()")]).toEqual([name, "false"]);
    undo();
  }
});

test("a failed build is run again", async () => {
  expect(await evaluate(`(markBuilt(true, ${began}), markBuilt(false, ${began}), isFresh())`)).toBe("false");
});
