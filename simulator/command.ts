import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

import { type Command, InvalidArgumentError, Option } from "commander";

import type { CertificateForm } from "./certificates";
import { parseFaultRules } from "./faultRule";
import type { SimulatorOptions } from "./options";
import type { RateLimit } from "./rateLimit";
import { type Simulator, startSimulator } from "./server";

interface Flags {
  port: number;
  host: string;
  basePath?: string;
  receptive: boolean;
  foss?: boolean;
  certificates: CertificateForm;
  latency: number;
  rateLimit?: RateLimit;
  faults?: string;
  tlsKey?: string;
  tlsCert?: string;
  tlsClientCa?: string;
}

/**
 * Adds the `simulator` command to a program: it prints one JSON line `{"url", "tokens", "projects", "pid"}` and serves until
 * SIGINT or SIGTERM.
 *
 * @example simulatorCommand(program.command("simulator"));
 */
export function simulatorCommand(command: Command): Command {
  return command
    .description("serve GitLab's API of agents for Kubernetes from memory, for tests without a GitLab")
    .option("--port <port>", "TCP port; 0 takes any free one", integer, 0)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--base-path <path>", "sub-path of the installation, such as /gitlab")
    .option("--no-receptive", "a GitLab without receptive agents: URL configurations are 404")
    .option("--foss", "an edition without receptive agents: not even `is_receptive` is shown")
    .addOption(
      new Option("--certificates <form>", "form in which certificates travel")
        .choices(["pem", "base64", "either"])
        .default("pem"),
    )
    .option("--latency <milliseconds>", "time before a request is carried out", integer, 0)
    .option("--rate-limit <requests/seconds>", "throttle each credential, such as 600/60", rateLimit)
    .option("--faults <file>", "JSON list of fault rules; a change of the file replaces them")
    .option("--tls-key <file>", "serve HTTPS with this PEM key")
    .option("--tls-cert <file>", "serve HTTPS with this PEM certificate")
    .option("--tls-client-ca <file>", "ask clients for a certificate of this CA")
    .action(serve);
}

async function serve(flags: Flags, command: Command): Promise<void> {
  // Before the first line is printed: whoever reads it may stop us at once.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  let simulator: Simulator;
  try {
    simulator = await startSimulator(options(flags));
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`);
  }
  try {
    if (flags.faults !== undefined) loadFaults(simulator, flags.faults);
  } catch (error) {
    await simulator.close();
    return command.error(`error: --faults ${flags.faults}: ${(error as Error).message}`);
  }
  const { url, tokens, projects } = simulator;
  // The process id too: whoever started us by npx or npm knows only theirs, and ending that need not end us.
  process.stdout.write(`${JSON.stringify({ url, tokens, projects, pid: process.pid })}\n`);
  const watcher = flags.faults === undefined ? undefined : watchFaults(simulator, flags.faults);
  await stopped;
  watcher?.close();
  await simulator.close();
}

function options(flags: Flags): SimulatorOptions {
  const { port, host, basePath, receptive, foss, certificates, latency, rateLimit: limit } = flags;
  if ((flags.tlsKey === undefined) !== (flags.tlsCert === undefined)) {
    throw new Error("--tls-key and --tls-cert belong together.");
  }
  const file = (path: string | undefined): string => (path === undefined ? "" : readFileSync(path, "utf8"));
  const tls =
    flags.tlsKey === undefined
      ? undefined
      : {
          key: file(flags.tlsKey),
          cert: file(flags.tlsCert),
          ...(flags.tlsClientCa === undefined ? {} : { ca: file(flags.tlsClientCa), requestCert: true }),
        };
  return { port, host, basePath, receptive, foss, certificates, latency, rateLimit: limit, tls };
}

/** @returns whether the file held rules; a file just being written is empty for a moment */
function loadFaults(simulator: Simulator, file: string): boolean {
  const text = readFileSync(file, "utf8");
  if (text.trim() === "") return false;
  const rules = parseFaultRules(text);
  simulator.faults.clear();
  for (const rule of rules) simulator.faults.add(rule);
  return true;
}

/** The folder is watched, since editors replace a file rather than write into it. */
function watchFaults(simulator: Simulator, file: string): { close(): void } {
  return watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    try {
      if (loadFaults(simulator, file)) {
        process.stderr.write(`${file}: fault rules replaced, now ${simulator.faults.list().length}\n`);
      }
    } catch (error) {
      process.stderr.write(`${file}: the rules stay as they were: ${(error as Error).message}\n`);
    }
  });
}

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It has to be a whole number from 0 up.");
  return Number(text);
}

function rateLimit(text: string): RateLimit {
  const [, requests, period] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? [];
  if (requests === undefined) throw new InvalidArgumentError("It has to look like 600/60: requests/seconds.");
  return { requests: Number(requests), period: Number(period) };
}
