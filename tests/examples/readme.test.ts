import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { blocksOf } from "../docs/pages";
import { repository } from "../support/repository";
import { cleanEnvironment } from "../support/processes";
import { withProject } from "../support/project";

/** The README's commands with this beginning, without their comments. */
const commands = (beginning: string) =>
  blocksOf("README.md")
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith(beginning));

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

test("the README unchanged: its simulator, its settings, its program, and how to see the token", async () => {
  const port = await freePort();
  const ownAddress = (line = "") => line.replaceAll("8080", port);
  const [served, ...more] = commands("npx pulumi-gitlab-agent simulator");
  expect(more).toEqual([]);
  const [, , ...flags] = ownAddress(served).split(" ");
  const simulator = spawn(process.execPath, [path.join(repository, "dist/cli/index.js"), ...flags], {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(createInterface(simulator.stdout), "line");
    const state = async () =>
      (await (await fetch(`http://127.0.0.1:${port}/_simulator/state`)).json()) as {
        agents: object[];
        tokens: { secret: string }[];
      };
    const files = {
      "Pulumi.yaml": "name: readme\nruntime: nodejs\n",
      "package.json": '{ "name": "readme", "main": "index.ts" }',
      "index.ts": blocksOf("README.md").find(({ language }) => language === "ts")?.text ?? "",
    };
    await withProject({ from: "examples/quickstart", files }, async (project) => {
      const env = { PULUMI_STACK: "dev" };
      const settings = commands("pulumi config set").filter(
        (line) => line.split(" ").length > (line.includes("--secret") ? 5 : 4),
      );
      expect(settings).toHaveLength(2);
      const set = await project.run("bash", ["-c", ["set -e", ...settings.map(ownAddress)].join("\n")], { env });
      expect([set.code, set.output]).toEqual([0, expect.any(String)]);
      const up = await project.pulumi(["up", "--yes", "--skip-preview"]);
      const { agents, tokens } = await state();
      expect([agents.length, tokens.length]).toEqual([1, 1]);
      expect(up.output).not.toContain(tokens[0]?.secret);
      const [see = "", ...others] = commands("pulumi stack output agentToken --show-secrets");
      expect(others).toEqual([]);
      const seen = await project.run("bash", ["-c", see], { env });
      expect([seen.code, seen.stdout.trim()]).toEqual([0, tokens[0]?.secret]);
      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect((await state()).agents).toEqual([]);
    });
  } finally {
    simulator.kill();
  }
});
