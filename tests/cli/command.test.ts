import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import manifest from "../../package.json";

const command = path.join(repository, manifest.bin["pulumi-gitlab-agent"]);
const run = (...args: string[]) => runCommand(command, args, { env: cleanEnvironment(), limit: 60 });

test("the package's command runs from dist, and prints its version", async () => {
  expect(await run("--version")).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test("--help names the commands, the exit codes and the environment variables", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const word of ["adopt", "plugin", "simulator", "Exit codes", "GITLAB_TOKEN", "GITLAB_BASE_URL"])
    expect(stdout).toContain(word);
  const adopt = await run("adopt", "--help");
  expect(adopt.code).toBe(0);
  for (const option of ["project", "out", "program", "no-program", "dry-run", "force", "json", "setting", "agent"]) {
    expect(adopt.stdout).toContain(`--${option}`);
  }
  // Warns before anything is adopted that another stack may manage it.
  expect(adopt.stdout).toMatch(/may belong to another stack/);
  expect((await run("simulator", "--help")).stdout).toContain("--rate-limit");
});

test("no command, an unknown one and an unknown option exit with 2, with help on standard error", async () => {
  for (const args of [[], ["adpot"], ["--nonsense"]]) {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/Usage: pulumi-gitlab-agent|^usage error: [^]*--help/);
  }
});

test("simulator serves until it is stopped; wrong usage exits with 2, and a missing file with 1", async () => {
  const stop = new AbortController();
  let stdout = "";
  const onOutput = (text: string) => {
    stdout += text;
    if (stdout.endsWith("\n")) stop.abort();
  };
  const stopped = await runCommand(command, ["simulator"], {
    env: cleanEnvironment(),
    limit: 60,
    onOutput: onOutput,
    signal: stop.signal,
  });
  expect(stopped).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    url: expect.stringMatching(/^http:/),
    tokens: { maintainer: expect.any(String) },
  });
  expect(await run("simulator", "--port", "x")).toMatchObject({ code: 2 });
  // One flag of a pair is wrong usage; a missing file is a failure.
  expect(await run("simulator", "--tls-key", "nowhere.pem")).toMatchObject({ code: 2 });
  expect(await run("simulator", "--faults", "nowhere.json")).toMatchObject({
    code: 1,
    stderr: "error: --faults nowhere.json: there is no such file.\n",
  });
});
