// A real `pulumi up`, `preview` and `destroy` of the root project (examples/quickstart) by the real CLI against the
// embedded simulator. All its files are in one temporary folder, and all its processes end with it.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildPackage } from "./build.mjs";
import { repository } from "./setup/cache.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { main, sayWhole, SetupError } from "./setup/say.mjs";

const stack = "demo";
const children = new Set();
let folder;

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  if (folder) rmSync(folder, { recursive: true, force: true });
});
// The terminal's Ctrl-C reaches the running command as well, which ends by itself; this ends the rest.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, async () => {
    for (const child of children) child.kill(signal === "SIGINT" ? "SIGINT" : "SIGTERM");
    await Promise.race([Promise.all([...children].map(ended)), new Promise((done) => setTimeout(done, 10_000))]);
    process.exit(130);
  });
}

await main(async () => {
  await installDependencies();
  const folders = await providePulumi();
  if ((await buildPackage()) !== 0) throw new SetupError("the package does not compile; see above");
  sayWhole();

  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-demo-"));
  for (const name of ["backend", "home", "settings"]) mkdirSync(path.join(folder, name));
  const settings = path.join(folder, "settings");
  // The stack is made from a copy of Pulumi.yaml alone, so that its settings never appear in the work tree.
  copyFileSync(path.join(repository, "Pulumi.yaml"), path.join(settings, "Pulumi.yaml"));

  const simulator = await startSimulator();
  const env = {
    ...environment(folders),
    PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}`,
    PULUMI_HOME: path.join(folder, "home"),
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // `make check` checks the types of the example; each command here that runs it would take seconds to check them again.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  // The demo uses the simulator, whatever GitLab settings the caller's shell has.
  for (const name of Object.keys(env)) if (/^(GITLAB_|CI_API_|(HTTPS?|ALL)_PROXY$)/i.test(name)) delete env[name];
  const pulumi = (args, cwd = repository) => show("pulumi", [...args, "--non-interactive"], { cwd, env });
  const operation = ["--stack", stack, "--config-file", path.join(settings, `Pulumi.${stack}.yaml`)];

  const failed =
    (await pulumi(["stack", "init", stack], settings)) ||
    (await pulumi(
      ["config", "set-all", "--stack", stack]
        .concat(["--plaintext", `gitlab:baseUrl=${simulator.url}`, "--secret", `gitlab:token=${simulator.token}`])
        .concat(["--plaintext", `project=${simulator.project}`, "--plaintext", "receptive=true"]),
      settings,
    )) ||
    (await pulumi(["up", "--yes", "--skip-preview", ...operation])) ||
    (await pulumi(["preview", "--expect-no-changes", ...operation])) ||
    (await pulumi(["destroy", "--yes", "--skip-preview", ...operation]));
  simulator.stop();
  await simulator.ended;
  if (failed) return failed;

  console.log(`
Against a real GitLab:  eval "$(make -s env)" && pulumi stack init dev && pulumi config set project <group/project>
                        pulumi config set gitlab:baseUrl https://gitlab.example.com && pulumi config set --secret gitlab:token
                        pulumi up   (a token with scope api of a Maintainer; receptive agents: pulumi config set receptive true)`);
});

/** Starts the simulator as its own process, and waits for the line with its address. */
async function startSimulator() {
  const child = start(process.execPath, ["dist/simulator/cli.js", "--port", "0"], {
    cwd: repository,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  await new Promise((resolve, reject) => {
    child.stdout.on("data", () => text.includes("\n") && resolve());
    child.once("exit", (code) => reject(new SetupError(`the simulator ended with exit code ${code} before it served`)));
  });
  const started = JSON.parse(text.slice(0, text.indexOf("\n")));
  console.log(`The GitLab simulator serves at ${started.url}\n`);
  return {
    url: started.url,
    token: started.tokens.maintainer,
    project: started.projects[0].path,
    stop: () => child.kill("SIGTERM"),
    ended: ended(child),
  };
}

/** Runs a command in the terminal and shows its output. Returns its exit code. */
async function show(command, args, options) {
  const shown = args
    .filter((argument) => argument !== "--non-interactive")
    .map((argument) => argument.replace(/(token=).*/, "$1[secret]"));
  console.log(`$ ${command} ${shown.join(" ").replaceAll(folder, "$DEMO")}`);
  const child = start(command, args, { ...options, stdio: "inherit" });
  const code = await ended(child);
  console.log();
  return code;
}

function start(command, args, options) {
  const child = spawn(command, args, options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", (error) => {
    children.delete(child);
    console.error(`${command}: ${error.message}`);
  });
  return child;
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? 1);
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code ?? 1));
    child.once("error", () => resolve(127));
  });
}
