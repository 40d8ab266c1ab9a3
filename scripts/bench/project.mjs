import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { repository } from "../setup/cache.mjs";
import { run, tail } from "../setup/run.mjs";
import { SetupError } from "../setup/say.mjs";
import { watchProvider } from "./memory.mjs";

const { version } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));

/** Limit of one operation of the benchmark, s. */
const LIMIT = 900;

const SHELL = 'pulumi "$@"; code=$?; times; exit $code';

const FLAGS = {
  up: ["--yes", "--skip-preview"],
  preview: ["--expect-no-changes"],
  refresh: ["--yes", "--skip-preview"],
  destroy: ["--yes", "--skip-preview"],
};

/** A Pulumi project in a temporary folder, with one of the programs, its own file backend and its own Pulumi home. */
export class Project {
  #folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-bench-"));
  #mark = randomUUID();

  /** @param {{ program: string, agents: number, tokens?: boolean, simulator: object, env: NodeJS.ProcessEnv }} options */
  constructor(options) {
    this.options = options;
    for (const name of ["backend", "home", "project"]) mkdirSync(path.join(this.#folder, name));
    const folder = path.join(this.#folder, "project");
    writeFileSync(path.join(folder, "Pulumi.yaml"), "name: bench\nruntime: nodejs\n");
    writeFileSync(path.join(folder, "package.json"), '{ "name": "bench", "main": "index.js" }\n');
    copyFileSync(
      path.join(repository, "scripts/bench/programs", `${options.program}.js`),
      path.join(folder, "index.js"),
    );
    mkdirSync(path.join(folder, "node_modules"));
    for (const name of readdirSync(path.join(repository, "node_modules")).filter(
      (name) => !name.startsWith(".package"),
    )) {
      symlinkSync(path.join(repository, "node_modules", name), path.join(folder, "node_modules", name));
    }
  }

  /** Creates the stack, which is not measured. */
  async open() {
    const { url, tokens } = this.options.simulator;
    const native = this.options.program === "native";
    const namespace = native ? "gitlab-agent" : "gitlab";
    await this.#mustRun(["stack", "init", "dev"]);
    await this.#mustRun(
      ["config", "set-all", "--stack", "dev"].concat(
        ["--plaintext", `${namespace}:baseUrl=${url}`],
        ["--secret", `${namespace}:token=${tokens.maintainer}`],
      ),
    );
    if (native) {
      const plugin = path.join(repository, "dist/plugin");
      await this.#mustRun(["plugin", "install", "resource", "gitlab-agent", `v${version}`, "--file", plugin]);
    }
  }

  /**
   * Runs one operation. Returns whether it succeeded, its wall time in seconds, the processor time in seconds of the engine and
   * all its child processes (which does not depend on other load), the number of its requests, the size of the state file after
   * it in bytes, and the peak memory of the provider process (undefined if the system does not report it).
   */
  async measure(operation) {
    const { simulator } = this.options;
    const before = simulator.requests.length;
    const memory = watchProvider(this.#mark);
    const since = performance.now();
    const result = await this.#pulumi([operation, ...FLAGS[operation], "--stack", "dev"]);
    const seconds = (performance.now() - since) / 1000;
    return {
      ok: result.code === 0,
      seconds: Math.round(seconds * 1000) / 1000,
      cpuSeconds: processorTime(result.output),
      requests: simulator.requests.length - before,
      stateBytes: statSync(path.join(this.#folder, "backend/.pulumi/stacks/bench/dev.json")).size,
      providerMiB: memory.end(),
      output: result.output,
    };
  }

  close() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #mustRun(args) {
    const { code, output } = await this.#pulumi(args);
    if (code !== 0) throw new SetupError(`pulumi ${args.slice(0, 2).join(" ")} failed:\n${tail(output)}`);
  }

  #pulumi(args) {
    const { agents, tokens = false, env } = this.options;
    const kept = Object.entries(env).filter(
      ([name]) => !/^(GITLAB_|CI_|PULUMI_|NODE_OPTIONS$|(HTTPS?|NO|ALL)_PROXY$)/i.test(name),
    );
    // Only the shell's times include the children of its children.
    return run("sh", ["-c", SHELL, "sh", ...args, "--non-interactive", "--color", "never"], {
      limit: LIMIT,
      cwd: path.join(this.#folder, "project"),
      env: {
        ...Object.fromEntries(kept),
        PULUMI_BACKEND_URL: `file://${path.join(this.#folder, "backend")}`,
        PULUMI_HOME: path.join(this.#folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        BENCH_RUN: this.#mark,
        BENCH_AGENTS: String(agents),
        BENCH_TOKENS: String(tokens),
      },
    });
  }
}

/** User and system time of the children, from the last line of `times`: `0m1.2s 0m0.3s`. */
function processorTime(output) {
  const [, ...parts] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(output) ?? [];
  if (parts.length === 0) return undefined;
  const [userMinutes, user, systemMinutes, system] = parts.map(Number);
  return Math.round((60 * (userMinutes + systemMinutes) + user + system) * 100) / 100;
}
