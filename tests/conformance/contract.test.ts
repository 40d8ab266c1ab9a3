import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Simulator, startSimulator } from "pulumi-gitlab-agent/simulator";

import { repository } from "../support/repository";
import { cleanEnvironment, type CommandResult, runCommand } from "../support/processes";
import { describeClient, providedClients } from "./clients";

const DESCRIPTION = join(repository, "docs/api/gitlab-agents.openapi.yaml");
const CHECKS = join(__dirname, "schemathesis");
/** Each operation of the description, with its status on success. */
const CARRIED_OUT: Record<string, [method: string, path: RegExp, status: number]> = {
  listAgents: ["GET", /\/cluster_agents$/, 200],
  registerAgent: ["POST", /\/cluster_agents$/, 201],
  getAgent: ["GET", /\/cluster_agents\/[^/]+$/, 200],
  deleteAgent: ["DELETE", /\/cluster_agents\/[^/]+$/, 204],
  listTokens: ["GET", /\/tokens$/, 200],
  createToken: ["POST", /\/tokens$/, 201],
  getToken: ["GET", /\/tokens\/[^/]+$/, 200],
  revokeToken: ["DELETE", /\/tokens\/[^/]+$/, 204],
  listUrlConfigurations: ["GET", /\/url_configurations$/, 200],
  createUrlConfiguration: ["POST", /\/url_configurations$/, 201],
  getUrlConfiguration: ["GET", /\/url_configurations\/[^/]+$/, 200],
  deleteUrlConfiguration: ["DELETE", /\/url_configurations\/[^/]+$/, 204],
};

// `make conformance` checks more, with other values in each run; `make test` is limited and checks the same each time.
const full = process.env["CONFORMANCE"] === "full";
const thorough = full ? ["--max-examples", "200"] : ["--max-examples", "8", "--generation-deterministic"];

describeClient("schemathesis", providedClients().python, (python) => {
  let gitlab: Simulator;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-contract-"));
    gitlab = await startSimulator({ users: [{ username: "maintainer", token: "of-the-fuzzer", role: "maintainer" }] });
    // The objects that the description's examples refer to.
    for (let number = 1; number <= 25; number++) gitlab.state.createAgent(101, `agent-${number}`);
    expect(gitlab.state.createToken(2, "production").id).toBe(1);
  });
  afterEach(async () => {
    await gitlab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const schemathesis = (...flags: string[]): Promise<CommandResult> => {
    const common = ["-m", "schemathesis.cli", "--config-file", join(CHECKS, "schemathesis.toml"), "run", DESCRIPTION];
    const where = ["--url", `${gitlab.url}/api/v4`, "--header", `PRIVATE-TOKEN: ${gitlab.tokens["maintainer"]}`];
    return runCommand(python, [...common, ...where, ...flags], {
      // It leaves a cache in its working folder.
      cwd: folder,
      limit: full ? 900 : 240,
      env: cleanEnvironment({ PYTHONPATH: CHECKS, SCHEMATHESIS_HOOKS: "checks" }),
    });
  };

  test("finds no difference between the simulator and its description", async () => {
    const { code, output } = await schemathesis(...thorough);
    expect(code === 0 ? "" : output).toBe("");
    expect(output).toContain("Tested: 12");
    const missed = Object.entries(CARRIED_OUT).filter(
      ([, [method, path, status]]) =>
        !gitlab.requests.some((one) => one.method === method && path.test(one.path) && one.status === status),
    );
    expect(missed.map(([operation]) => operation)).toEqual([]);
  }, 1_000_000);

  test("finds a status, a media type and a body that differ from the description", async () => {
    const agents = "/projects/*/cluster_agents";
    const everywhere = { method: "GET", times: Infinity };
    gitlab.faults.add({ ...everywhere, kind: "html", path: agents });
    gitlab.faults.add({
      ...everywhere,
      kind: "status",
      status: 409,
      body: { message: "409 Conflict" },
      path: `${agents}/*`,
    });
    gitlab.faults.add({ ...everywhere, kind: "status", status: 200, body: { tokens: [] }, path: `${agents}/*/tokens` });
    const asked = ["listAgents", "getAgent", "listTokens"].flatMap((one) => ["--include-operation-id", one]);
    const { code, output } = await schemathesis("--phases", "examples", ...asked);
    expect(code).toBe(1);
    expect(output).toContain("Undocumented Content-Type");
    expect(output).toContain("Undocumented status code");
    expect(output).toContain("Response violates schema");
  });
});
