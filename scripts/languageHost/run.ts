import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import { RunResponse, type RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { runtimeOptions } from "./options";

// The program has already reported what is wrong, so nothing is added.
const alreadyReported = 32;
const running = new Set<ChildProcess>();

/** Interrupts all running programs like Ctrl-C, and kills those that have not ended after five seconds. */
export function cancelPrograms(): void {
  for (const program of running) interrupt(program);
}

/**
 * Runs the program by `@pulumi/pulumi/cmd/run`, as found from its own folder, and returns when it has ended.
 *
 * @param onCancel Registers what to do if the engine cancels the call.
 */
export async function runProgram(
  request: RunRequest,
  engine: string,
  onCancel: (stop: () => void) => void,
): Promise<RunResponse> {
  try {
    const info = request.getInfo();
    const folder = info?.getProgramDirectory() || request.getPwd();
    const options = runtimeOptions(info);
    if (request.getAttachDebugger()) throw new Error("this language host cannot attach a debugger");
    const run = locate(process.env["PULUMI_LANGUAGE_NODEJS_RUN_PATH"] || "@pulumi/pulumi/cmd/run", folder);
    const args = [...options.nodeargs, run, ...programArguments(request, engine, folder)];
    const env = { ...process.env, ...configuration(request) };
    if (options.typescript) env["PULUMI_NODEJS_TYPESCRIPT"] = "true";
    if (options.tsconfig) env["PULUMI_NODEJS_TSCONFIG_PATH"] = options.tsconfig;
    return await execute(args, env, onCancel);
  } catch (error) {
    const response = new RunResponse();
    response.setError((error as Error).message);
    return response;
  }
}

async function execute(
  args: string[],
  env: NodeJS.ProcessEnv,
  onCancel: (stop: () => void) => void,
): Promise<RunResponse> {
  const program = spawn("node", args, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(program);
  onCancel(() => interrupt(program));
  let outOfMemory = false;
  program.stdout.pipe(process.stdout, { end: false });
  program.stderr.pipe(process.stderr, { end: false });
  program.stderr.on("data", (bytes: Buffer) => (outOfMemory ||= bytes.includes("JavaScript heap out of memory")));
  return new Promise((resolve) => {
    const response = new RunResponse();
    program.on("error", (error) => {
      running.delete(program);
      response.setError(`Problem executing program (could not run language executor): ${error.message}`);
      resolve(response);
    });
    // "close" comes after all output was passed on, so the engine shows the output before it ends.
    program.on("close", (code, signal) => {
      running.delete(program);
      if (code === alreadyReported) response.setBail(true);
      else if (code !== 0) response.setError(failure(code, signal, outOfMemory));
      resolve(response);
    });
  });
}

function failure(code: number | null, signal: NodeJS.Signals | null, outOfMemory: boolean): string {
  const exited = `Program exited with non-zero exit code: ${code ?? -1}${signal ? ` (${signal})` : ""}`;
  if (!outOfMemory) return exited;
  return (
    `${exited}. Detected a possible out of memory error. Consider increasing the memory available to the nodejs process ` +
    `by setting the \`nodeargs\` runtime option in Pulumi.yaml to \`nodeargs: --max-old-space-size=<size>\` where \`<size>\` ` +
    `is the maximum memory in megabytes that can be allocated to nodejs.`
  );
}

function interrupt(program: ChildProcess): void {
  program.kill("SIGINT");
  setTimeout(() => running.has(program) && program.kill("SIGKILL"), 5000).unref();
}

function programArguments(request: RunRequest, engine: string, folder: string): string[] {
  const info = request.getInfo();
  const named: [string, string][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory() ?? ""],
    ["stack", request.getStack()],
    ["pwd", folder],
  ];
  const given = named.filter(([, value]) => value !== "").flatMap(([name, value]) => [`--${name}`, value]);
  const dryRun = request.getDryrun() ? ["--dry-run"] : [];
  const entryPoint = info?.getEntryPoint() || request.getProgram() || ".";
  return [...given, ...dryRun, "--parallel", String(request.getParallel()), entryPoint, ...request.getArgsList()];
}

// The SDK reads keys as `namespace:config:name`; the engine sends `namespace:name`.
function configuration(request: RunRequest): Record<string, string> {
  const config: Record<string, string> = {};
  request.getConfigMap().forEach((value, key) => {
    const [namespace, ...name] = key.split(":");
    config[`${namespace}:config:${name.at(-1)}`] = value;
  });
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

function locate(module: string, folder: string): string {
  try {
    return createRequire(path.join(folder, "program")).resolve(module);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error("It looks like the Pulumi SDK has not been installed. Have you run pulumi install?");
  }
}
