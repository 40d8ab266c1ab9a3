import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { endWithoutEngine, engineAddress, isGone, watchEngine } from "../../provider/doors/engine";
import { openGitLab } from "../../provider/gitlab";
import { startSimulator } from "../../simulator";
import { settings, SkippingClock } from "../gitlab/client";
import { repository } from "../support/repository";

/** A server that listens like an engine, with a function that closes it. */
async function listening(): Promise<{ host: string; port: number; end: () => Promise<unknown> }> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return { host: "127.0.0.1", port, end: () => new Promise((resolve) => server.close(resolve)) };
}

test.each([
  [["127.0.0.1:40123"], { host: "127.0.0.1", port: 40123 }],
  [["--logtostderr", "-v=9", "--tracing", "127.0.0.1:6831", "127.0.0.1:40123"], { host: "127.0.0.1", port: 40123 }],
  [["[::1]:40123"], { host: "::1", port: 40123 }],
  [["localhost:40123"], { host: "localhost", port: 40123 }],
  [[], undefined],
  [["up", "--yes"], undefined],
  [["--tracing", "http://127.0.0.1:6831"], undefined],
])("the engine's address in the arguments %j", (args, address) => {
  expect(engineAddress(args)).toEqual(address);
});

test("an engine counts as gone only if its port refuses connections", async () => {
  const engine = await listening();
  let ended = 0;
  const end = () => void ended++;
  expect(await isGone(engine)).toBe(false);
  await endWithoutEngine(end);
  const unwatch = watchEngine(engine);
  await endWithoutEngine(end);
  expect(ended).toBe(0);
  // A host name that cannot be resolved does not show that the engine is gone.
  expect(await isGone({ host: "no-such-host.invalid", port: engine.port })).toBe(false);
  const exit = jest.spyOn(process, "exit").mockImplementation(() => undefined as never);
  await engine.end();
  expect(await isGone(engine)).toBe(true);
  await endWithoutEngine(end);
  expect(ended).toBe(1);
  // The watch checks by itself at intervals.
  while (exit.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(exit).toHaveBeenCalledWith(1);
  unwatch();
  exit.mockRestore();
});

test("the process checks whether its engine still runs before each POST, also before a retry", async () => {
  const simulator = await startSimulator();
  try {
    const token = simulator.tokens["maintainer"] ?? "";
    let checks = 0;
    const clock = new SkippingClock();
    const runtime = {
      ...clock,
      assertWanted: async () => {
        if (++checks === 3) throw new Error("the engine is gone");
        return Promise.resolve();
      },
    };
    const operation = openGitLab(settings({ baseUrl: simulator.url, token }), runtime).begin("register");
    await operation.agents.list(101);
    expect(checks).toBe(0);
    await operation.agents.create(101, "one");
    simulator.faults.add({ kind: "rateLimit", retryAfter: 60, method: "POST" });
    await expect(operation.agents.create(101, "two")).rejects.toThrow("the engine is gone");
    expect(checks).toBe(3);
    expect(simulator.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
      "GET 200",
      "POST 201",
      "POST 429",
    ]);
  } finally {
    await simulator.close();
  }
});

test("a process whose pipes to the engine are broken ends, and does not report the error in an endless loop", async () => {
  const engine = await listening();
  // The host of dynamic providers handles uncaught errors like this.
  const program = `
    process.on("uncaughtException", (error) => console.error(error));
    require("pulumi-gitlab-agent/provider").clusterAgent.configure({ config: { get: () => undefined } });
    process.stdin.on("end", () => setInterval(() => process.stdout.write("GitLab does not answer\\n"), 10)).resume();
  `;
  const child = spawn(process.execPath, ["-e", program, "plugin", `${engine.host}:${engine.port}`], {
    cwd: repository,
  });
  try {
    child.stdout.destroy();
    child.stderr.destroy();
    child.stdin.end();
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(1);
  } finally {
    child.kill("SIGKILL");
    await engine.end();
  }
}, 60_000);
