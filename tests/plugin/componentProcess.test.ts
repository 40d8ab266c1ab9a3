import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb";
import { takeComponentFrom } from "../../provider/doors/plugin/component";
import { expectEntry } from "../support/catalogue";
import { repository } from "../support/repository";
import { runningProcesses } from "../support/processes";
import { servePlugin, struct, type ServedPlugin } from "../support/plugin";

const folder = path.join(repository, "dist/plugin");

/** An engine that accepts connections, and answers nothing. */
let silent: Server;
let address: string;
let connections = 0;
beforeAll(async () => {
  silent = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(silent, "listening");
  address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => void silent.close());

const request = (type = "gitlab-agent:kubernetes:AgentInstallation") =>
  new ConstructRequest()
    .setType(type)
    .setName("production")
    .setMonitorendpoint(address)
    .setInputs(struct({ project: "group/app" }));

/** The ids of the components' processes whose environment holds `mark`. */
const components = (mark: string) =>
  runningProcesses(mark).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("component.cjs");
    } catch {
      return false;
    }
  });

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

describe("served by this process", () => {
  const mark = `component-of-${process.pid}_${Date.now()}`;
  let plugin: ServedPlugin;
  beforeAll(async () => {
    process.env["COMPONENT_TEST"] = mark;
    plugin = await servePlugin();
    await plugin.configure({ baseUrl: "http://127.0.0.1:1", token: "canary" });
  });
  afterAll(() => {
    delete process.env["COMPONENT_TEST"];
    plugin.close();
  });
  const failure = (of: ConstructRequest) =>
    plugin.call("construct", of).then(
      () => "nothing failed",
      ({ details }: ServiceError) => details,
    );

  test("another type of component is refused without a process", async () => {
    expect(await failure(request("gitlab-agent:kubernetes:Other"))).toMatch(
      /has no component gitlab-agent:kubernetes:Other. Its component is gitlab-agent:kubernetes:AgentInstallation/,
    );
    expect(components(mark)).toEqual([]);
  });

  test("a file that is missing is one readable error, and the next component starts", async () => {
    takeComponentFrom(path.join(tmpdir(), "no-component-here"));
    expectEntry("The component does not start", await failure(request()));
    takeComponentFrom(folder);
    const before = connections;
    const constructing = failure(request());
    await until(() => connections > before);
    expect(components(mark)).toHaveLength(1);

    const [pid] = components(mark);
    // It has no credential: it asks the engine for everything.
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("GITLAB_TOKEN=");
    process.kill(pid ?? 0, "SIGKILL");
    expectEntry("The component ended too early", await constructing);
  });

  test("two components have one process", async () => {
    const before = connections;
    const both = [failure(request()), failure(request())];
    await until(() => connections > before);
    expect(components(mark)).toHaveLength(1);
    for (const pid of components(mark)) process.kill(pid, "SIGKILL");
    for (const why of await Promise.all(both)) expect(why).toMatch(/GLA1023$/);
  });
});

test("the component's process starts with the first component and ends with a plugin that is killed", async () => {
  const mark = `component-of-plugin-${process.pid}_${Date.now()}`;
  const plugin = spawn(process.execPath, [path.join(folder, "pulumi-resource-gitlab-agent"), address], {
    env: { ...process.env, COMPONENT_TEST: mark },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  expect(components(mark)).toEqual([]);
  client.construct(request(), () => undefined);
  await until(() => components(mark).length === 1);
  plugin.kill("SIGKILL");
  await until(() => components(mark).length === 0);
  client.close();
});

test("the plugin's own file has none of Pulumi's SDK for programs, which the component's has, and both are small", () => {
  const ofPrograms = ["pulumi:pulumi:getResource", "rootPulumiStackTypeName", "helm.sh/v3"];
  const [plugin, component] = ["pulumi-resource-gitlab-agent", "component.cjs"].map((file) => path.join(folder, file));
  const found = (file = "") => ofPrograms.filter((text) => readFileSync(file, "utf8").includes(text));
  expect([found(plugin), found(component)]).toEqual([[], ofPrograms]);
  for (const file of [plugin, component]) expect(statSync(file ?? "").size).toBeLessThan(1_500_000);
});
