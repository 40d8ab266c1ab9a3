import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { version } from "../../package.json";
import { VERSION } from "../../provider/gitlab";

const ROOT = join(__dirname, "../..");

test("the version is package.json's", () => {
  expect(VERSION).toBe(version);
});

test("no HTTP library is loaded before the first request", () => {
  const program = `
    const { openGitLab, resolveSettings } = require("./dist/provider/gitlab");
    const settings = resolveSettings({ lookup: () => undefined, describe: () => "", env: { GITLAB_TOKEN: "glpat-none" } });
    openGitLab(settings).begin("look");
    const loaded = Object.keys(require.cache).filter((file) => file.includes("node_modules"));
    console.log(JSON.stringify(loaded.map((file) => file.replace(/^.*node_modules.([^/\\\\]+).*$/, "$1"))));
  `;
  const output = execFileSync(process.execPath, ["-e", program], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 60_000,
  });
  const loaded = JSON.parse(output) as string[];
  expect(loaded).toContain("fastest-levenshtein");
  for (const heavy of ["axios", "https-proxy-agent", "http-proxy-agent"]) expect(loaded).not.toContain(heavy);
});
