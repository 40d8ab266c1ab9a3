import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { expectEntry } from "../support/catalogue";
import { repository } from "../support/engine";
import { withProject, type Project } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

/** What a moment looked like: who had just asked for what, and whether the consumer held a token that is active. */
interface Moment {
  after: string;
  held: "active" | "revoked" | "none";
}

/**
 * Stands between Pulumi and GitLab, and looks at the consumer after every request that GitLab has carried out, before
 * Pulumi hears of it. Tokens become active or revoked by requests alone, and a consumer moves between two of them: so no
 * state of both goes unseen.
 */
class Witness {
  moments: Moment[] = [];
  tokenFile = "";
  private readonly server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      void (async () => {
        const { method = "GET", url = "", headers } = incoming;
        const sent = { "private-token": String(headers["private-token"]), "content-type": "application/json" };
        const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
        const answer = await fetch(`${simulator.url}${url}`, { method, headers: sent, ...body });
        const text = await answer.text();
        this.look(`${method} ${url.replace(/^.*\/cluster_agents/, "")}`);
        outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(text);
      })();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  look(after: string): void {
    const secret = existsSync(this.tokenFile) ? readFileSync(this.tokenFile, "utf8") : "";
    this.moments.push({ after, held: simulator.state.tokenBySecret(secret)?.status ?? "none" });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** An update of the project in that month, watched from its start to its end. */
async function update(project: Project, witness: Witness, month: string, says?: RegExp): Promise<Moment[]> {
  witness.moments = [];
  witness.look("start");
  const { output } = await project.pulumi(["up", "--yes", "--skip-preview", "--config", `month=${month}`]);
  witness.look("end");
  if (says === undefined) expect(output).not.toContain("no free slot");
  else expect(output).toMatch(says);
  return witness.moments;
}

async function watched(files: Record<string, string>, use: (project: Project, witness: Witness) => Promise<void>) {
  const witness = new Witness();
  const config = {
    "gitlab:baseUrl": await witness.listen(),
    "gitlab:token": { secret: simulator.tokens["maintainer"] ?? "" },
    month: "2026-11",
  };
  try {
    await withProject({ from: "examples/token-rotation", files, config }, async (project) => {
      witness.tokenFile = path.join(project.folder, "agent-token");
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      await use(project, witness);
    });
  } finally {
    witness.close();
  }
}

const writes = (moments: Moment[]) => moments.flatMap(({ after }) => (/^(POST|DELETE)/.test(after) ? [after] : []));
const gaps = (moments: Moment[]) => moments.filter(({ held }) => held !== "active");

test("examples/token-rotation: at no moment of an update is the consumer without an active token", async () => {
  await watched({}, async (project, witness) => {
    const { state } = simulator;
    const agent = state.agent("production").id;
    const [november] = state.activeTokens();
    expect(readFileSync(witness.tokenFile, "utf8")).toBe(november?.secret);
    expect(statSync(witness.tokenFile).mode & 0o777).toBe(0o600);
    await project.pulumi(["preview", "--expect-no-changes"]);

    const moments = await update(project, witness, "2026-12");
    expect(writes(moments)).toEqual([`POST /${agent}/tokens`, `DELETE /${agent}/tokens/${november?.id}`]);
    expect(gaps(moments)).toEqual([]);
    const [december, ...more] = state.activeTokens();
    expect(more).toEqual([]);
    expect(december?.id).not.toBe(november?.id);
    expect(readFileSync(witness.tokenFile, "utf8")).toBe(december?.secret);

    // With the other slot taken the old token has to go first, and the witness sees the gap: it would have seen one above.
    const foreign = state.createToken(agent, "somebody's", null, 2);
    const warning = new RegExp(
      `warning: token ${december?.id} .*no free slot.*token ${foreign.id} "somebody's" \\(created .* by user 2, never used\\)\\. So token ${december?.id} is revoked first.*\`deleteBeforeReplace: false\``,
    );
    const { output: planned } = await project.pulumi(["preview", "--diff", "--config", "month=2027-01"]);
    expect(planned).toMatch(warning);
    expectEntry("Warning: no free slot for the new token", /warning: token .*no free slot.*/.exec(planned)?.[0] ?? "");
    const narrow = await update(project, witness, "2027-01", warning);
    expect(writes(narrow)).toEqual([`DELETE /${agent}/tokens/${december?.id}`, `POST /${agent}/tokens`]);
    expect(gaps(narrow).map(({ held }) => held)).toContain("revoked");
    expect(state.activeTokens()).toContain(foreign);
    expect(project.stateFiles().join("\n")).not.toContain("glagent-");

    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(existsSync(witness.tokenFile)).toBe(false);
    expect(state.activeTokens()).toEqual([]);
  });
});

test("blue and green, as docs/replacement.md has them: both slots in use, and no gap either", async () => {
  const page = readFileSync(path.join(repository, "docs/replacement.md"), "utf8");
  const programs = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, text = ""]) => text);
  const [program = "", ...others] = programs.filter((text) => text.includes('"blue"'));
  expect(others).toEqual([]);
  await watched({ "index.ts": program }, async (project, witness) => {
    const { state } = simulator;
    const held = () => state.tokenBySecret(readFileSync(witness.tokenFile, "utf8"))?.name;
    expect(
      state
        .activeTokens()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["blue", "green"]);
    const names = [held()];
    for (const month of ["2026-12", "2027-01"]) {
      const before = new Map(state.activeTokens().map(({ name, id }) => [name, id]));
      const moments = await update(
        project,
        witness,
        month,
        /which belongs to another resource of this program|revoked first/,
      );
      names.push(held());
      const idle = names.at(-1) ?? "";
      const agent = state.agent("production").id;
      expect(writes(moments)).toEqual([`DELETE /${agent}/tokens/${before.get(idle)}`, `POST /${agent}/tokens`]);
      expect(gaps(moments)).toEqual([]);
      expect(state.activeTokens()).toHaveLength(2);
    }
    expect(names).toEqual(["green", "blue", "green"]);
  });
});
