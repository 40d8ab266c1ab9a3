import { type Command, InvalidArgumentError, Option } from "commander";

import type { CertificateForm } from "./certificates";
import { loadFaults, readNamedFile, watchFaults } from "./faultsFile";
import { generatedUsers, type SimulatorOptions, type SimulatorProject } from "./options";
import type { RateLimit } from "./rateLimit";
import { ROLES, type Role } from "./records";
import { type Simulator, startSimulator } from "./server";
import { STATE_HELP } from "./stateActions";

interface Flags {
  port: number;
  host: string;
  basePath?: string;
  project?: SimulatorProject[];
  token?: Partial<Record<Role, string>>;
  receptive: boolean;
  foss?: boolean;
  certificates?: CertificateForm;
  earlyVersion?: boolean;
  latency: number;
  rateLimit?: RateLimit;
  faults?: string;
  tlsKey?: string;
  tlsCert?: string;
  tlsClientCa?: string;
}

const HELP = `
It prints one JSON line when it listens: url, tokens (credentials by user name), projects, pid. It keeps everything in
memory. With --project and --token, projects and credentials are the same after a restart. The credentials are the
simulator's own: never use one of a real GitLab.

While it runs, a page at / shows its objects, and these addresses read and change them. They are not counted as requests:
  GET    /_simulator/status     the page's contents as JSON; secrets are masked
  GET    /_simulator/state      every object, secrets included
  POST   /_simulator/state      makes changes by hand: one action or a list of them, see below
  GET    /_simulator/requests   every request
  GET    /_simulator/faults     the fault rules, and how often they fired
  POST   /_simulator/faults     adds a rule or a list of them
  DELETE /_simulator/faults     removes all rules
  POST   /_simulator/reset      restores the initial state

Verbs of an action for POST /_simulator/state, with their fields (? is optional). No role and no limit is checked:
${STATE_HELP}

A fault rule is an object such as {"kind": "status", "status": 503, "path": "/projects/**", "times": 2}; "times": "always"
means all requests. docs/testing.md of the package lists kinds and fields.

Example:
  $ npx pulumi-gitlab-agent simulator --port 8080 --project platform/clusters --token maintainer=any-text
  $ curl -s --json '{"verb": "renameProject", "project": "platform/clusters", "path": "platform/fleet"}' \\
      http://127.0.0.1:8080/_simulator/state`;

/**
 * Adds the `simulator` command to a program: it prints one JSON line `{"url", "tokens", "projects", "pid"}` and serves until
 * SIGINT or SIGTERM. It reports invalid arguments by `command.error` and throws every other failure.
 *
 * @example simulatorCommand(program.command("simulator"));
 */
export function simulatorCommand(command: Command): Command {
  return command
    .description("serve GitLab's API for agents from memory, for tests without GitLab")
    .option("--port <port>", "TCP port; 0 takes any free one", integer, 0)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--base-path <path>", "sub-path of the installation, such as /gitlab")
    .option(
      "--project <path>",
      "a project, such as group/app, or 42:group/app with its id; may be repeated (default: group/app and group/subgroup/infra)",
      project,
    )
    .option(
      "--token <role=credential>",
      "the credential of maintainer, developer or guest, or of another role's user; may be repeated (default: generated)",
      token,
    )
    .option("--no-receptive", "GitLab without receptive agents: URL configurations are 404")
    .option("--foss", "an edition without receptive agents: `is_receptive` is omitted too")
    .addOption(
      new Option("--certificates <form>", "form of certificates in requests and responses (default: pem)").choices([
        "pem",
        "base64",
        "either",
      ]),
    )
    .option(
      "--early-version",
      "as the first versions with receptive agents: base64, and a newline after the public key",
    )
    .option("--latency <milliseconds>", "time before a request is carried out", integer, 0)
    .option("--rate-limit <requests/seconds>", "limit the requests of each credential, such as 600/60", rateLimit)
    .option(
      "--faults <file>",
      'JSON list of fault rules ("times": "always" for all requests); a change of the file replaces them',
    )
    .option("--tls-key <file>", "serve HTTPS with this PEM key")
    .option("--tls-cert <file>", "serve HTTPS with this PEM certificate")
    .option("--tls-client-ca <file>", "require clients to have a certificate of this CA")
    .addHelpText("after", HELP)
    .action(serve);
}

async function serve(flags: Flags, command: Command): Promise<void> {
  if ((flags.tlsKey === undefined) !== (flags.tlsCert === undefined)) {
    command.error("error: --tls-key and --tls-cert have to be given together.");
  }
  if (flags.basePath !== undefined && !/^(\/[\w.~-]+)*\/*$/.test(flags.basePath)) {
    command.error(`error: --base-path ${flags.basePath} has to look like /gitlab.`);
  }
  // Before the first line is printed, since its reader may stop this process at once.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const simulator: Simulator = await startSimulator(options(flags));
  try {
    if (flags.faults !== undefined) loadFaults(simulator, flags.faults);
  } catch (error) {
    await simulator.close();
    throw error;
  }
  const { url, tokens, projects } = simulator;
  // The process id too: npx or npm, which started this process, may not forward signals to it.
  process.stdout.write(`${JSON.stringify({ url, tokens, projects, pid: process.pid })}\n`);
  const watcher = flags.faults === undefined ? undefined : watchFaults(simulator, flags.faults);
  await stopped;
  watcher?.close();
  await simulator.close();
}

function options(flags: Flags): SimulatorOptions {
  const {
    port,
    host,
    basePath,
    receptive,
    foss,
    certificates,
    earlyVersion,
    latency,
    rateLimit: limit,
    tlsKey,
    tlsCert,
  } = flags;
  const ca = flags.tlsClientCa;
  const tls =
    tlsKey === undefined || tlsCert === undefined
      ? undefined
      : {
          key: readNamedFile("--tls-key", tlsKey),
          cert: readNamedFile("--tls-cert", tlsCert),
          ...(ca === undefined ? {} : { ca: readNamedFile("--tls-client-ca", ca), requestCert: true }),
        };
  return {
    ...{ port, host, basePath, receptive, foss, certificates, earlyVersion, latency, rateLimit: limit, tls },
    ...(flags.project && { projects: flags.project }),
    ...(flags.token && { users: generatedUsers(flags.token) }),
  };
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

function project(text: string, before: SimulatorProject[] = []): SimulatorProject[] {
  const [, id, path] = /^(?:([1-9]\d*):)?([\w.-]+(?:\/[\w.-]+)+)$/.exec(text) ?? [];
  if (path === undefined) throw new InvalidArgumentError("It has to look like group/app, or 42:group/app.");
  const same = before.find((each) => each.path.toLowerCase() === path.toLowerCase() || String(each.id) === id);
  if (same !== undefined) throw new InvalidArgumentError(`The project ${same.path} was already given.`);
  return [...before, id === undefined ? { path } : { id: Number(id), path }];
}

function token(text: string, before: Partial<Record<Role, string>> = {}): Partial<Record<Role, string>> {
  const [, role = "", credential = ""] = /^(\w+)=([\x21-\x7e]+)$/.exec(text) ?? [];
  const roles: readonly string[] = ROLES.filter((each) => each !== "none");
  if (!roles.includes(role)) {
    throw new InvalidArgumentError(
      `It has to look like maintainer=a-credential, with one of ${roles.join(", ")}, and a credential without spaces.`,
    );
  }
  return { ...before, [role]: credential };
}
