import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
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

/** Runs an update with that month, and returns all observations from its start to its end. */
async function update(project: Project, observer: Observer, month: string, says?: RegExp): Promise<Observation[]> {
  observer.observations = [];
  observer.look("start");
  const { output } = await project.pulumi(["up", "--yes", "--skip-preview", "--config", `month=${month}`]);
  observer.look("end");
  if (says === undefined) expect(output).not.toContain("no free slot");
  else expect(output).toMatch(says);
  return observer.observations;
}

async function observed(files: Record<string, string>, use: (project: Project, observer: Observer) => Promise<void>) {
  const observer = new Observer();
  const config = {
    "gitlab:baseUrl": await observer.listen(),
    "gitlab:token": { secret: simulator.tokens["maintainer"] ?? "" },
    month: "2026-11",
  };
  try {
    await withProject({ from: "examples/token-rotation", files, config }, async (project) => {
      observer.tokenFile = path.join(project.folder, "agent-token");
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      await use(project, observer);
    });
  } finally {
    observer.close();
  }
}

const writes = (observations: Observation[]) =>
  observations.flatMap(({ after }) => (/^(POST|DELETE)/.test(after) ? [after] : []));
const gaps = (observations: Observation[]) => observations.filter(({ held }) => held !== "active");

test("examples/token-rotation: the consumer always has an active token during an update", async () => {
  await observed({}, async (project, observer) => {
    const { state } = simulator;
    const agent = state.agent("production").id;
    const [november] = state.activeTokens();
    expect(readFileSync(observer.tokenFile, "utf8")).toBe(november?.secret);
    expect(statSync(observer.tokenFile).mode & 0o777).toBe(0o600);
    await project.pulumi(["preview", "--expect-no-changes"]);

    const observations = await update(project, observer, "2026-12");
    expect(writes(observations)).toEqual([`POST /${agent}/tokens`, `DELETE /${agent}/tokens/${november?.id}`]);
    expect(gaps(observations)).toEqual([]);
    const [december, ...more] = state.activeTokens();
    expect(more).toEqual([]);
    expect(december?.id).not.toBe(november?.id);
    expect(readFileSync(observer.tokenFile, "utf8")).toBe(december?.secret);

    // If the other slot is taken, the old token is deleted first. The observations show that gap, so they would have shown one
    // above.
    const foreign = state.createToken(agent, "somebody's", null, 2);
    const warning = new RegExp(
      `warning: token ${december?.id} .*no free slot.*token ${foreign.id} "somebody's" \\(created .* by user 2, never used\\)\\. So token ${december?.id} is revoked first.*\`deleteBeforeReplace: false\``,
    );
    const { output: planned } = await project.pulumi(["preview", "--diff", "--config", "month=2027-01"]);
    expect(planned).toMatch(warning);
    expectEntry("Warning: no free slot for the new token", /warning: token .*no free slot.*/.exec(planned)?.[0] ?? "");
    const deleteFirst = await update(project, observer, "2027-01", warning);
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
        project,
        observer,
        month,
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
