import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { credentials, status, type ServiceError } from "@grpc/grpc-js";
import { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { connectedEngine } from "./engine";

const TYPE = "gitlab-agent:kubernetes:AgentInstallation";

/** The process of the component. It has Pulumi's SDKs, which the plugin does without. */
interface Component {
  client: ResourceProviderClient;
  /** The engine that it speaks to. */
  engine: string;
  process: ChildProcess;
}

/** How much of what the process writes is kept, in characters: for the reason why it did not start. */
const SAID = 4000;

/** The folder of the bundled component: the plugin's own. */
let folder = __dirname;
/** The name of the provider that this process is. */
let provider = "";
let running: Promise<Component> | undefined;

/** Looks for the component's file in another folder: the tests serve the plugin from its sources. */
export function takeComponentFrom(place: string): void {
  folder = place;
}

/**
 * Tells the components to come by which provider of the plugin they are created. Their children have to ask for the plugin as the
 * program does, or the engine would start a second one for them.
 *
 * @param name such as `default`, `default_0_1_0`, or that of an explicit provider
 */
export function childrenUse(name: string): void {
  provider = name;
}

/**
 * Creates a component. It needs Pulumi's SDKs for the program's side, which would make the plugin seven times as large: so they are in
 * a process of its own, which starts with the first component and ends with the plugin.
 */
export async function construct(request: ConstructRequest): Promise<ConstructResponse> {
  const type = request.getType();
  if (type !== TYPE) throw new Error(`The plugin gitlab-agent has no component ${type}. Its component is ${TYPE}.`);
  const component = await (running ??= start());
  if (component.engine !== connectedEngine()) await attach(component);
  return new Promise((resolve, reject) => {
    component.client.construct(request, (error: ServiceError | null, response: ConstructResponse) => {
      if (error === null) resolve(response);
      else if (error.code === status.UNAVAILABLE) void ended(component.process).then(reject);
      else reject(new Error(error.details));
    });
  });
}

/** Ends the component's process, if there is one. */
export async function endComponent(): Promise<void> {
  const component = await running?.catch(() => undefined);
  component?.client.close();
  component?.process.kill();
}

async function start(): Promise<Component> {
  const file = path.join(folder, "component.cjs");
  const engine = connectedEngine();
  // The component asks the engine for everything: it needs no credential.
  const { GITLAB_TOKEN: _, ...env } = process.env;
  const child = spawn(process.execPath, [file, engine, provider], { env, stdio: ["pipe", "pipe", "pipe"] });
  // A later component starts another process.
  child.once("exit", () => (running = undefined));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-SAID)));
  const port = await new Promise<string>((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(file, error.message)));
    child.once("close", () => reject(notStarted(file, /^\w*Error: .*/m.exec(said)?.[0] ?? wordsOf(child))));
    createInterface(child.stdout).once("line", resolve);
  });
  child.stdout.resume();
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  return { client, engine, process: child };
}

function attach(component: Component): Promise<void> {
  const engine = connectedEngine();
  return new Promise((resolve, reject) => {
    component.client.attach(new PluginAttach().setAddress(engine), (error: ServiceError | null) => {
      if (error !== null) return void ended(component.process).then(reject);
      component.engine = engine;
      resolve();
    });
  });
}

function notStarted(file: string, why: string): Error {
  return new Error(
    `The component AgentInstallation could not be started from ${file}: ${why}. Nothing was changed by it. Install the plugin again with \`npx pulumi-gitlab-agent plugin install\`, and run the update again.`,
  );
}

async function ended(child: ChildProcess): Promise<Error> {
  // The connection is gone a moment before the process is.
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, "exit", { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  }
  return new Error(
    `The component AgentInstallation ended before its children were complete: ${wordsOf(child)}. What was created until then is in the state. Run the update again: it continues there.`,
  );
}

function wordsOf({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null
    ? `its process ended with exit code ${exitCode ?? "unknown"}`
    : `its process was ended by ${signalCode}`;
}
