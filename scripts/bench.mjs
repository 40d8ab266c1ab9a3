// Times this package, its native plugin, a plain dynamic provider and the engine's floor, on the real engine against the embedded
// simulator (docs/benchmarks/README.md). Temporary files go to temporary folders; results are written after every
// case, so that a run that was stopped still shows what it measured.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { format } from "oxfmt";
import { drawCharts } from "./bench/charts.mjs";
import { markdown } from "./bench/report.mjs";
import { gridCases, runCase, runRateLimited, startCases } from "./bench/scenarios.mjs";
import { buildPackage } from "./build.mjs";
import { repository } from "./setup/cache.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { main, SetupError } from "./setup/say.mjs";

const QUICK = {
  sizes: [10, 100],
  latencies: [50],
  repetitions: new Map([[0, 1]]),
  starts: 1,
  tokens: 0,
  rateLimited: 0,
};

const command = new Command("bench")
  .description("Times this package, its native plugin, a plain dynamic provider and the engine's floor.")
  .option("--sizes <list>", "numbers of resources", numbers, [10, 100, 500, 1000])
  .option("--latencies <list>", "milliseconds that the simulator takes for a request", numbers, [0, 50, 150])
  .option("--repetitions <list>", "runs of each case: one number, or size:number pairs", perSize, perSize("3"))
  .option("--starts <number>", "runs of the scenario of one resource", number, 3)
  .option("--tokens <number>", "resources of the scenario of agents with tokens; 0 leaves it out", number, 200)
  .option("--rate-limited <number>", "resources of the rate-limited scenario; 0 leaves it out", number, 1000)
  .option("--rate-limit <number>", "requests a minute in that scenario", number, 600)
  .option("--quick", "two sizes, one latency, one run: two or three minutes, printed and not written")
  .option("--append", "keep what results.json holds, for a run in parts")
  .option("--render", "draw table and charts again from results.json, without measuring")
  .option(
    "--out <folder>",
    "where results, table and charts are written (default: docs/benchmarks, nowhere for --quick)",
  )
  .parse();

const simulators = [];
const started = (simulator) => (simulators.push(simulator), simulator);

await main(() => measure().finally(() => Promise.all(simulators.map((simulator) => simulator.close()))));

async function measure() {
  const given = command.opts();
  const options = given.quick ? { ...given, ...QUICK } : given;
  const out = given.out ?? (given.quick ? undefined : path.join(repository, "docs/benchmarks"));
  if (given.render) return write(out, saved(out), true);

  await installDependencies();
  const env = environment(await providePulumi());
  if ((await buildPackage()) !== 0) throw new SetupError("the package does not compile; see above");
  const { startSimulator } = createRequire(import.meta.url)("../dist/simulator/index.js");

  const run = about(env);
  const before = given.append ? saved(out) : { runs: [], rows: [] };
  const results = { runs: [...before.runs, run], rows: before.rows };
  const add = async (rows) => {
    results.rows.push(...rows);
    run.ended = new Date().toISOString();
    if (out) await write(out, results, false);
  };
  const repetitions = (size) => options.repetitions.get(size) ?? options.repetitions.get(0) ?? 1;
  const cases = [...startCases(options.starts), ...gridCases({ ...options, repetitions })];
  if (options.tokens > 0) {
    for (const program of ["ours", "native", "plain"]) {
      cases.push({ scenario: "tokens", program, size: options.tokens, latency: 50, repetition: 0, tokens: true });
    }
  }
  const simulator = started(await startSimulator());
  for (const [at, each] of cases.entries()) {
    const rows = await runCase(each, { simulator, env, add });
    const { program, size, latency } = each;
    const times = rows.map(({ operation, seconds }) => `${operation} ${seconds.toFixed(1)} s`).join(", ");
    console.error(`${at + 1}/${cases.length} ${each.scenario}: ${program}, ${size} resources, ${latency} ms: ${times}`);
  }
  await simulator.close();
  if (options.rateLimited > 0) {
    for (const program of ["ours", "plain"]) {
      const limited = started(
        await startSimulator({ rateLimit: { requests: options.rateLimit, period: 60 }, latency: 50 }),
      );
      const scenario = { program, size: options.rateLimited, limit: options.rateLimit };
      const rows = await runRateLimited(scenario, { simulator: limited, env });
      await limited.close();
      for (const row of rows) console.error(`rate-limited ${program}: ${JSON.stringify(row)}`);
      await add(rows);
    }
  }
  if (out) await write(out, results, true);
  console.log(markdown(results));
}

/** The machine, the versions and the command, without the path of the results. */
function about(env) {
  const given = process.argv
    .slice(2)
    .join(" ")
    .replace(/ ?--out[ =]\S+/, "");
  const cpus = os.cpus();
  const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
  return {
    began: new Date().toISOString(),
    command: `make bench ARGS="${given}"`.replace(' ARGS=""', ""),
    machine: {
      cpu: `${cpus.length} × ${cpus[0]?.model ?? "?"}`,
      memoryGiB: Math.round(os.totalmem() / 2 ** 30),
      load: os.loadavg()[0].toFixed(1),
      system: `${os.type()} ${os.release()} ${os.arch()}`,
    },
    versions: {
      node: process.version,
      pulumi: execFileSync("pulumi", ["version"], { env, encoding: "utf8" }).trim(),
      "@pulumi/pulumi": version("@pulumi/pulumi"),
      axios: version("axios"),
      commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: repository, encoding: "utf8" }).trim(),
    },
  };
}

function saved(out) {
  return JSON.parse(readFileSync(path.join(out, "results.json"), "utf8"));
}

async function write(out, results, charts) {
  mkdirSync(out, { recursive: true });
  // One row a line, so that a diff shows what a run changed.
  const { rows, ...head } = results;
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  const text = JSON.stringify({ ...head, rows: [] }, null, 2).replace('"rows": []', `"rows": [\n${lines}\n  ]`);
  writeFileSync(path.join(out, "results.json"), `${text}\n`);
  const { code } = await format("results.md", markdown(results));
  writeFileSync(path.join(out, "results.md"), code);
  if (charts) await drawCharts(results, out);
}

function numbers(text) {
  return text.split(",").map(number);
}

function number(text) {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return Number(text);
}

/** Runs by size; size 0 is the default for all other sizes. */
function perSize(text) {
  return new Map(
    text.split(",").map((part) => {
      const [size, runs] = part.includes(":") ? part.split(":") : ["0", part];
      return [number(size), number(runs)];
    }),
  );
}
