import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { parse } from "yaml";
import { blocksOf } from "../docs/pages";
import { expectEntry } from "../support/catalogue";
import { repository } from "../support/repository";
import { withProject, type Project } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

/** One observation: the last request, and the status of the consumer's token. */
interface Observation {
  after: string;
  held: "active" | "revoked" | "none";
}

/**
 * Forwards requests between Pulumi and GitLab, and checks the consumer's token after each request that GitLab has carried out,
 * before Pulumi gets the response. Tokens change only by requests, and the consumer changes its token between requests, so this
 * sees every combination.
 */
class Observer {
  observations: Observation[] = [];
  tokenFile = "";
  private readonly server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      void (async () => {
        const { method = "GET", url = "", headers } = incoming;
        const sent = { "private-token": String(headers["private-token"]), "content-type": "application/json" };
        const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
        const response = await fetch(`${simulator.url}${url}`, { method, headers: sent, ...body });
        const text = await response.text();
        this.look(`${method} ${url.replace(/^.*\/cluster_agents/, "")}`);
        outgoing.writeHead(response.status, { "content-type": "application/json" }).end(text);
      })();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  look(after: string): void {
    const secret = existsSync(this.tokenFile) ? readFileSync(this.tokenFile, "utf8") : "";
    this.observations.push({ after, held: simulator.state.tokenBySecret(secret)?.status ?? "none" });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Runs an update, and returns all observations from its start to its end. */
async function update(observer: Observer, run: () => Promise<string>, says?: RegExp): Promise<Observation[]> {
  observer.observations = [];
  observer.look("start");
  const output = await run();
  observer.look("end");
  if (says === undefined) expect(output).not.toContain("no free slot");
  else expect(output).toMatch(says);
  return observer.observations;
}

/** GitLab's address as a job of GitLab has it, and no other setting. */
async function observed(files: Record<string, string>, use: (project: Project, observer: Observer) => Promise<void>) {
  const observer = new Observer();
  const env = {
    CI_API_V4_URL: `${await observer.listen()}/api/v4`,
    GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "",
  };
  try {
    await withProject(
      { from: "examples/token-rotation", files, env, config: { month: "2026-11" } },
      async (project) => {
        observer.tokenFile = path.join(project.folder, "agent-token");
        await use(project, observer);
      },
    );
  } finally {
    observer.close();
  }
}

const up = async (project: Project, month?: string) =>
  (await project.pulumi(["up", "--yes", "--skip-preview", ...(month ? ["--config", `month=${month}`] : [])])).output;

interface Job {
  rules: { if: string }[];
  resource_group: string;
  interruptible: boolean;
  script: string[];
}

/** The scheduled job of docs/replacement.md, as far as a shell can run it. Returns what runs it, and the file of its calls of npm. */
function scheduledJob(project: Project): { job: () => Promise<string>; npmCalls: string } {
  const block = blocksOf("docs/replacement.md").find(({ language }) => language === "yaml")?.text ?? "";
  const jobs = parse(block) as Record<string, Job>;
  expect(Object.keys(jobs)).toEqual(["rotate"]);
  const { rules, resource_group, interruptible, script } = jobs["rotate"] as Job;
  expect(rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "schedule"' }]);
  expect([resource_group, interruptible]).toEqual(["$PULUMI_STACK", false]);
  // The environment that the image and the job's variables provide. The packages are installed, so only npm is replaced.
  const bin = path.join(project.root, "bin");
  mkdirSync(bin);
  writeFileSync(path.join(bin, "npm"), '#!/bin/sh\necho "npm $*" >> npm-calls\n', { mode: 0o755 });
  const env = {
    PATH: `${bin}${path.delimiter}${process.env["PATH"]}`,
    CI: "true",
    PULUMI_BACKEND_URL: `file://${path.join(project.root, "backend")}`,
    PULUMI_STACK: project.stack,
  };
  const job = async () => {
    const result = await project.run("bash", ["-eo", "pipefail", "-c", script.join("\n")], { env });
    if (result.code !== 0) throw new Error(result.output);
    return result.output;
  };
  return { job, npmCalls: path.join(project.folder, "npm-calls") };
}

const writes = (observations: Observation[]) =>
  observations.flatMap(({ after }) => (/^(POST|DELETE)/.test(after) ? [after] : []));
const gaps = (observations: Observation[]) => observations.filter(({ held }) => held !== "active");

test("examples/token-rotation in the scheduled job of docs/replacement.md: only what is due is rotated, and the consumer always has an active token", async () => {
  await observed({}, async (project, observer) => {
    const { state } = simulator;
    const { job, npmCalls } = scheduledJob(project);
    await job();
    const agent = state.agent("production").id;
    const [november] = state.activeTokens();
    expect(readFileSync(observer.tokenFile, "utf8")).toBe(november?.secret);
    expect(statSync(observer.tokenFile).mode & 0o777).toBe(0o600);
    simulator.requests.length = 0;
    expect(await job()).toMatch(/^Resources:\n +\d+ unchanged\n\n/m);
    expect(simulator.requests).toEqual([]);

    await project.pulumi(["config", "set", "month", "2026-12"]);
    const observations = await update(observer, job);
    expect(writes(observations)).toEqual([`POST /${agent}/tokens`, `DELETE /${agent}/tokens/${november?.id}`]);
    expect(gaps(observations)).toEqual([]);
    const [december, ...more] = state.activeTokens();
    expect(more).toEqual([]);
    expect(december?.id).not.toBe(november?.id);
    expect(readFileSync(observer.tokenFile, "utf8")).toBe(december?.secret);

    // Pulumi also calls npm, for its version.
    const calls = readFileSync(npmCalls, "utf8").split("\n");
    expect(calls.filter((call) => call === "npm ci")).toHaveLength(3);

    // If the other slot is taken, the old token is deleted first. The observations show that gap, so they would have shown one
    // above.
    const foreign = state.createToken(agent, "somebody's", null, 2);
    const warning = new RegExp(
      `warning: token ${december?.id} .*no free slot.*token ${foreign.id} "somebody's" \\(created .* by user 2, never used\\)\\. So token ${december?.id} is revoked first.*\`deleteBeforeReplace: false\``,
    );
    let planned = "";
    const deleteFirst = await update(
      observer,
      async () => {
        const { output } = await project.pulumi(["up", "--yes", "--diff", "--config", "month=2027-01"]);
        const [preview = "", carriedOut = ""] = output.split(/^Updating .*$/m);
        planned = preview;
        return carriedOut;
      },
      warning,
    );
    expect(planned).toMatch(warning);
    expectEntry("Warning: no free slot for the new token", /warning: token .*no free slot.*/.exec(planned)?.[0] ?? "");
    expect(writes(deleteFirst)).toEqual([`DELETE /${agent}/tokens/${december?.id}`, `POST /${agent}/tokens`]);
    expect(gaps(deleteFirst).map(({ held }) => held)).toContain("revoked");
    expect(state.activeTokens()).toContain(foreign);
    expect(project.stateFiles().join("\n")).not.toContain("glagent-");

    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(existsSync(observer.tokenFile)).toBe(false);
    expect(state.activeTokens()).toEqual([]);
  });
});

test("blue and green, as in docs/replacement.md: both slots in use, and the consumer always has an active token", async () => {
  const page = readFileSync(path.join(repository, "docs/replacement.md"), "utf8");
  const programs = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, text = ""]) => text);
  const [program = "", ...others] = programs.filter((text) => text.includes('"blue"'));
  expect(others).toEqual([]);
  await observed({ "index.ts": program }, async (project, observer) => {
    await up(project);
    const { state } = simulator;
    const held = () => state.tokenBySecret(readFileSync(observer.tokenFile, "utf8"))?.name;
    expect(
      state
        .activeTokens()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["blue", "green"]);
    const names = [held()];
    for (const month of ["2026-12", "2027-01"]) {
      const before = new Map(state.activeTokens().map(({ name, id }) => [name, id]));
      const observations = await update(
        observer,
        () => up(project, month),
        /which belongs to another resource of this program|revoked first/,
      );
      names.push(held());
      const idle = names.at(-1) ?? "";
      const agent = state.agent("production").id;
      expect(writes(observations)).toEqual([`DELETE /${agent}/tokens/${before.get(idle)}`, `POST /${agent}/tokens`]);
      expect(gaps(observations)).toEqual([]);
      expect(state.activeTokens()).toHaveLength(2);
    }
    expect(names).toEqual(["green", "blue", "green"]);
  });
});
