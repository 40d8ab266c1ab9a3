import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { describeClient } from "../conformance/clients";
import { repository } from "../support/repository";
import { KubernetesCluster } from "../support/kubernetesCluster";
import { engineEnvironment, makeStack } from "../support/newStack";
import { cleanEnvironment, runCommand } from "../support/processes";
import { copyGoProgram, providedSdks, run, writeSdks } from "./generated";
import { startProgram, type Program } from "./programs";

const { generators, python, go } = providedSdks();
/** A compiler's and an engine's time on a busy machine, in milliseconds. */
const LONG = 900_000;

let simulator: Simulator;
let cluster: KubernetesCluster;
let folder: string;
/** Of the engine, with the plugin as users install it. */
let env: Record<string, string>;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-programs-"));
  for (const name of ["backend", "home"]) mkdirSync(path.join(folder, name));
  env = engineEnvironment(folder);
  if (generators.missing !== undefined) return;
  await writeSdks(path.join(folder, "sdks"));
  const install = ["dist/cli/index.js", "plugin", "install"];
  const installed = await runCommand("node", install, { cwd: repository, env: cleanEnvironment(env) });
  expect(installed.output).toMatch(/^Installed the plugin gitlab-agent/);
}, LONG);
afterAll(async () => {
  await cluster.close();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => simulator.reset());

/** The text of every file of the backend. */
const stateFiles = () =>
  readdirSync(path.join(folder, "backend"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"));

const writes = () => simulator.requests.filter(({ method }) => method !== "GET").map(({ method }) => method);

/** The quickstart from nothing to a rotated token, and back to nothing, with lost responses on the way. */
async function runQuickstart(program: Program): Promise<void> {
  const credential = simulator.tokens["maintainer"] ?? "";
  program.setConfig({ "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": { secret: credential } });

  simulator.faults.add({ kind: "commitThenDrop", method: "POST", path: "**/cluster_agents" });
  const created = await program.ask("up");
  expect(created.changes).toEqual({ create: 3 });
  const [first] = simulator.state.activeTokens();
  expect(simulator.state.agents.map(({ name }) => name)).toEqual(["production"]);
  expect(program.outputs()).toEqual({
    agentId: { value: first?.agentId, secret: false },
    agentName: { value: "production", secret: false },
    agentToken: { value: first?.secret, secret: true },
    kasAddress: { value: expect.stringMatching(/^wss?:/), secret: false },
  });
  expect(writes()).toEqual(["POST", "POST"]);

  program.setConfig({ rotation: "second" });
  simulator.faults.add({ kind: "commitThenDrop", method: "POST", path: "**/tokens" });
  const rotated = await program.ask("up");
  expect(rotated.changes).toEqual({ same: 2, replace: 1 });
  const [second, ...more] = simulator.state.activeTokens();
  expect(more).toEqual([]);
  expect(second?.id).not.toBe(first?.id);
  expect(program.outputs()?.["agentToken"]).toEqual({ value: second?.secret, secret: true });
  // The token whose secret was lost is revoked, and the old one after the new one was there.
  expect(writes().slice(2)).toEqual(["POST", "DELETE", "POST", "DELETE"]);
  expect((await program.ask("preview")).changes).toEqual({ same: 3 });

  for (const secret of [credential, first?.secret ?? "?", second?.secret ?? "?"]) {
    expect(created.output + rotated.output).not.toContain(secret);
    expect(stateFiles().filter((text) => text.includes(secret))).toEqual([]);
  }
  expect((await program.ask("destroy")).changes).toEqual({ delete: 3 });
  expect([simulator.state.agents, simulator.state.activeTokens()]).toEqual([[], []]);
}

/** A copy of a Python program, with its SDK. */
async function startPython(interpreter: string, from: string, env: Record<string, string>): Promise<Program> {
  const place = path.join(folder, path.basename(from));
  cpSync(path.join(repository, from), place, { recursive: true });
  const [, project = ""] = /^name: (.*)$/m.exec(readFileSync(path.join(place, "Pulumi.yaml"), "utf8")) ?? [];
  const stack = { env, settings: place, project, name: "dev" };
  await makeStack(stack);
  const driver = path.join(repository, "tests/sdks/python/driver.py");
  return startProgram(interpreter, [driver], stack, { ...env, PYTHONPATH: path.join(folder, "site-packages") });
}

/** The component from nothing to a rotated token, a failed rollout and its repair, and back to nothing. */
async function runInstallation(program: Program): Promise<void> {
  const token = { secret: simulator.tokens["maintainer"] ?? "" };
  program.setConfig({ "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": token, month: "2026-11" });
  await program.ask("up");
  expect(program.outputs()).toEqual({
    agentId: { value: 1, secret: false },
    token: { value: simulator.state.tokens[0]?.secret, secret: true },
    namespace: { value: "gitlab-agent-production", secret: false },
    secret: { value: "production-token-1", secret: false },
  });
  expect(cluster.connected(cluster.only("Release"))).toBe(true);
  const before = cluster.now();
  expect(Object.keys((await program.ask("preview")).changes)).toEqual(["same"]);

  program.setConfig({ month: "2026-12" });
  await program.ask("up");
  expect(cluster.timeline(before)).toEqual([
    "POST …/1/tokens",
    "create Secret production-token-2",
    "update Release production",
    "delete Secret production-token-1",
    "DELETE …/1/tokens/1",
  ]);

  cluster.refuse = (op, { kind }) => (op === "update" && kind === "Release" ? "timed out waiting for pods" : undefined);
  program.setConfig({ month: "2027-01" });
  await expect(program.ask("up")).rejects.toThrow("timed out waiting for pods");
  expect(simulator.state.activeTokens().map(({ id }) => id)).toEqual([2, 3]);
  cluster.refuse = () => undefined;
  await program.ask("up");
  expect(simulator.state.activeTokens().map(({ id }) => id)).toEqual([3]);

  await program.ask("destroy");
  expect(cluster.objects.size + simulator.state.agents.length).toBe(0);
}

describeClient("programs of the generated SDKs", generators, () => {
  describeClient("Python", python, (interpreter) => {
    beforeAll(async () => {
      // As pip does it for a user, whose registry it asks for what the SDK needs; here that is in the virtual environment.
      const site = path.join(folder, "site-packages");
      const offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", site];
      const pip = ["-m", "pip", "install", ...offline, path.join(folder, "sdks/python")];
      const installed = await run(interpreter, pip, { cwd: folder });
      expect([installed.code, installed.output]).toEqual([0, expect.any(String)]);
    }, LONG);

    test(
      "an AgentInstallation on the real engine, of an agent that is passed as a resource",
      async () => {
        const program = await startPython(interpreter, "tests/sdks/python/installation", { ...env, ...cluster.env });
        try {
          await runInstallation(program);
        } finally {
          program.stop();
        }
      },
      LONG,
    );

    test(
      "examples/python-quickstart on the real engine",
      async () => {
        const program = await startPython(interpreter, "examples/python-quickstart", env);
        try {
          await runQuickstart(program);
        } finally {
          program.stop();
        }
      },
      LONG,
    );
  });

  describeClient("Go", go, (compiler) => {
    test(
      "examples/go-quickstart on the real engine",
      async () => {
        const place = path.join(folder, "go");
        copyGoProgram(path.join(folder, "sdks"), place);
        cpSync(path.join(repository, "tests/sdks/go"), place, { recursive: true });
        // The driver's go.mod names the SDK only here, where it is.
        const sdk = "gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go";
        const edits = [`-require=${sdk}@v0.0.0`, `-replace=${sdk}=./sdks/gitlab-agent`];
        for (const args of [
          ["mod", "edit", ...edits],
          ["test", "-c", "-ldflags=-s -w", "-o", "driver.test", "."],
        ]) {
          const { code, output } = await run(compiler, args, { cwd: place });
          expect([code, output]).toEqual([0, expect.any(String)]);
        }
        const stack = { env, settings: place, project: "go-quickstart", name: "dev" };
        await makeStack(stack);
        const program = startProgram(path.join(place, "driver.test"), [], stack);
        try {
          await runQuickstart(program);
        } finally {
          program.stop();
        }
      },
      LONG,
    );
  });
});
