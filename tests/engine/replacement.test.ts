import { readdirSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type RecordedRequest, type Simulator } from "pulumi-gitlab-agent/simulator";
import * as ts from "typescript";
import { describeOnce } from "../support/bothDoors";
import { certificateAuthority } from "../support/certificates";
import { AgentConnection, AgentToken, ClusterAgent, recordedInputs, ReceptiveUrlConfig } from "../support/declared";
import { withStack, type EngineRun } from "../support/engine";
import { repository } from "../support/repository";
import { ROWS, UNCHANGING, type Row, type World } from "./replacementRows";

const CLASSES = { ClusterAgent, AgentToken, AgentConnection, ReceptiveUrlConfig } as const;
const KINDS = Object.keys(CLASSES) as (keyof typeof CLASSES)[];

/** The name of a row's resource in the program, which is also its default name in GitLab. */
const nameOf = (row: Row) => `row-${ROWS.indexOf(row)}`;

/** Outputs of an exported state, with secrets as plain values. */
const inClear = (outputs: object = {}): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).map(([key, value]: [string, unknown]) => {
      const secret = (value as { plaintext?: string } | null)?.plaintext;
      return [key, secret === undefined ? value : JSON.parse(secret)];
    }),
  );

interface Recorded {
  resource: Row["resource"];
  name: string;
  id: string;
  outputs: Record<string, unknown>;
}

let simulator: Simulator;
let world: Omit<World, "here" | "there" | "tokens">;
const runs = {} as Record<"up" | "preview" | "replace" | "clean", EngineRun>;
const sent = {} as Record<keyof typeof runs, RecordedRequest[]>;
const recorded = {} as Record<"before" | "after", Recorded[]>;
let agentsBefore: number;
let tokensBefore: number;

// All rows in one stack: an update that creates them, and a preview and an update that change one input of each.
beforeAll(async () => {
  let daysAgo = 3;
  simulator = await startSimulator({ clock: () => Date.now() - daysAgo * 24 * 60 * 60 * 1000 });
  const authority = await certificateAuthority();
  world = { simulator, pair: await authority.issue(), other: await authority.issue() };
  const worlds = new Map(
    ROWS.map((row) => {
      const here = simulator.state.createAgent(101, `${nameOf(row)}-here`).id;
      const there = simulator.state.createAgent(102, `${nameOf(row)}-there`).id;
      // Only the rows of AgentConnection need tokens.
      const used = row.resource === "AgentConnection" ? [here, here, there] : [];
      const tokens = used.map((agentId) => simulator.state.createToken(agentId, "used").id);
      for (const id of tokens) simulator.state.markTokenUsed(id);
      return [row, { ...world, here, there, tokens: tokens as World["tokens"] }];
    }),
  );
  const program = (which: "before" | "after") => () => {
    for (const [row, own] of worlds) {
      const resource = new CLASSES[row.resource](nameOf(row), row[which](own) as never, {});
      // The agent's children, which are replaced with it.
      if (!(resource instanceof ClusterAgent)) continue;
      const agent = { project: resource.project, agentId: resource.agentId };
      new AgentToken(`${nameOf(row)}-token`, agent);
      new ReceptiveUrlConfig(`${nameOf(row)}-config`, { ...agent, url: "grpc://child.example.com:80" });
    }
    return Promise.resolve({});
  };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program: program("before") }, async (stack) => {
    const state = async (): Promise<Recorded[]> => {
      const { deployment } = await stack.exportState();
      const { resources } = deployment as { resources: { urn: string; id?: string; outputs?: object }[] };
      return resources.flatMap(({ urn, id = "", outputs }) => {
        const [, , type = "", name = ""] = urn.split("::");
        const resource = KINDS.find((kind) => type.endsWith(`:${kind}`));
        return resource ? [{ resource, name, id, outputs: inClear(outputs) }] : [];
      });
    };
    const runPhase = async (name: keyof typeof runs, run: () => Promise<EngineRun>) => {
      simulator.requests.length = 0;
      runs[name] = await run();
      sent[name] = [...simulator.requests];
    };
    await runPhase("up", () => stack.up());
    recorded.before = await state();
    tokensBefore = simulator.state.activeTokens().length;
    daysAgo = 0;
    agentsBefore = simulator.state.agents.length;
    stack.program = program("after");
    await runPhase("preview", () => stack.preview());
    await runPhase("replace", () => stack.up());
    recorded.after = await state();
    await runPhase("clean", () => stack.preview({ expectNoChanges: true }));
  });
});
afterAll(() => simulator.close());

const one = (which: keyof typeof recorded, name: string): Recorded => {
  const [found, ...more] = recorded[which].filter((resource) => resource.name === name);
  expect(more).toEqual([]);
  return found as Recorded;
};

/** A resource's steps in the required order. */
const steps = (first: Row["first"]) =>
  first === "create"
    ? ["create-replacement", "replace", "delete-replaced"]
    : ["delete-replaced", "replace", "create-replacement"];

const stepsOf = (run: EngineRun, name: string) => run.steps.filter((step) => step.name === name);

/** The writes of the update to a resource's old and new object: "create" and "delete". */
function writes(name: string): string[] {
  const former = one("before", name);
  const present = one("after", name);
  const [, ...goneIds] = /:(\d+)(?::(\d+))?$/.exec(former.id) ?? [];
  const gone = goneIds.filter(Boolean);
  return sent.replace.flatMap((request) => {
    if (request.method === "DELETE") {
      const [, agentId, childId] = /cluster_agents\/(\d+)(?:\/\w+\/(\d+))?$/.exec(request.path) ?? [];
      const ours = [agentId, childId].filter(Boolean).join() === gone.join();
      return ours && kindOf(request) === former.resource ? ["delete"] : [];
    }
    if (request.method !== "POST" || kindOf(request) !== present.resource) return [];
    const about = present.resource === "ClusterAgent" ? request.body : request.path;
    const mark =
      present.resource === "ClusterAgent"
        ? `"name":"${String(present.outputs["name"])}"`
        : `/cluster_agents/${String(present.outputs["agentId"])}/`;
    return about?.includes(mark) ? ["create"] : [];
  });
}

function kindOf({ path: sentTo }: RecordedRequest): Row["resource"] {
  if (sentTo.includes("/tokens")) return "AgentToken";
  return sentTo.includes("/url_configurations") ? "ReceptiveUrlConfig" : "ClusterAgent";
}

describe.each(ROWS.map((row) => [row.resource, row.input, row.change, row] as const))(
  "%s, %s: %s",
  (_, __, ___, row) => {
    const name = nameOf(row);

    test("the preview shows a replacement, and no update", () => {
      const shown = stepsOf(runs.preview, name);
      expect(shown.map(({ op }) => op)).toEqual(steps(row.first));
      expect(
        shown
          .find(({ op }) => op === "replace")
          ?.keys.slice()
          .sort(),
      ).toEqual(row.blames);
    });

    test("the update replaces the object in the right order", () => {
      expect(stepsOf(runs.replace, name).map(({ op }) => op)).toEqual(steps(row.first));
      // A connection is no object in GitLab.
      const written = row.resource === "AgentConnection" ? [] : ["create", "delete"];
      expect(writes(name)).toEqual(row.first === "create" ? written : written.reverse());
    });

    test("the outputs are those of the new object", () => {
      const [former, present] = [one("before", name), one("after", name)];
      expect(present.id).not.toBe(former.id);
      const own = { here: simulator.state.agent(`${name}-here`).id, there: simulator.state.agent(`${name}-there`).id };
      const { outputs } = present;
      const tokens = Array<number>(3).fill(Number(outputs["tokenId"])) as World["tokens"];
      const { name: given, ...inputs } = row.after({ ...world, ...own, tokens }) as { name?: string };
      expect(present.outputs).toMatchObject({
        ...recordedInputs(inputs),
        ...(["ClusterAgent", "AgentToken"].includes(row.resource) ? { name: given ?? name } : {}),
      });
      const ids = {
        ClusterAgent: "agentId",
        AgentToken: "tokenId",
        AgentConnection: "tokenId",
        ReceptiveUrlConfig: "urlConfigurationId",
      };
      expect(present.id.endsWith(`:${String(present.outputs[ids[row.resource]])}`)).toBe(true);
      if (row.resource === "AgentToken") {
        expect(simulator.state.tokenBySecret(String(present.outputs["token"]))).toMatchObject({
          id: present.outputs["tokenId"],
          status: "active",
        });
      }
    });

    if (row.resource === "ClusterAgent") {
      test("its token and its URL configuration are replaced with it", () => {
        const agentId = one("after", name).outputs["agentId"];
        for (const child of [`${name}-token`, `${name}-config`]) {
          for (const run of [runs.preview, runs.replace]) {
            expect(stepsOf(run, child).map(({ op }) => op)).toEqual(steps("create"));
          }
          expect(one("after", child).outputs["agentId"]).toBe(agentId);
          expect(writes(child)).toEqual(["create", "delete"]);
        }
        // The old agent is deleted last: its children were revoked and deleted while it existed.
        const deletes = sent.replace.filter(({ method }) => method === "DELETE");
        const old = one("before", name).id.replace(/^.*:/, "");
        expect(
          deletes
            .filter((r) => r.path.includes(`/cluster_agents/${old}`))
            .map(kindOf)
            .at(-1),
        ).toBe(row.resource);
        expect(deletes.every(({ status }) => status === 204)).toBe(true);
      });
    }
  },
);

test("one object of each kind is left for each resource", () => {
  const count = (kind: Row["resource"]) => recorded.after.filter(({ resource }) => resource === kind).length;
  expect(recorded.after.map(({ name }) => name).sort()).toEqual(recorded.before.map(({ name }) => name).sort());
  expect(simulator.state.activeTokens()).toHaveLength(tokensBefore);
  expect(simulator.state.urlConfigurations).toHaveLength(count("ReceptiveUrlConfig"));
  expect(simulator.state.agents).toHaveLength(agentsBefore);
});

test("no step is an update", () => {
  for (const run of Object.values(runs)) expect(run.steps.filter(({ op }) => op === "update")).toEqual([]);
});

test("the preview writes nothing, and requests only the tokens of agents whose token is to be replaced", () => {
  expect(new Set(sent.preview.map(({ method }) => method))).toEqual(new Set(["GET"]));
  // For an agent without a free slot, the warning names its other token, which is read for it.
  const others = sent.preview.filter(({ path: asked }) => !/\/cluster_agents\/\d+\/tokens(\/\d+)?$/.test(asked));
  // The only other request: whether the two paths of the first row are one project.
  expect(others.map(({ path: asked }) => asked.replace("/api/v4", ""))).toEqual(["/projects/group%2Fsubgroup%2Finfra"]);
});

test("the preview after the replacements shows no change and sends no request", () => {
  expect(runs.clean.changed).toEqual([]);
  expect(sent.clean).toEqual([]);
});

// It is the same for both doors: tests/plugin/tables.test.ts declares this file's tests a second time.
describeOnce("the table", () => {
  /** The inputs of a resource, as the interface of its arguments in sdk/ declares them. */
  function inputsOf(kind: Row["resource"]): string[] {
    const sources = readdirSync(path.join(repository, "sdk"), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => path.join(repository, "sdk", entry.name));
    const found = sources.flatMap((file) => {
      const source = ts.createSourceFile(file, ts.sys.readFile(file) ?? "", ts.ScriptTarget.ES2022, true);
      return source.statements.filter(ts.isInterfaceDeclaration).filter(({ name }) => name.text === `${kind}Args`);
    });
    expect(found).toHaveLength(1);
    expect(found[0]?.heritageClauses).toBeUndefined();
    const inputs = (found[0]?.members ?? []).map((member) => member.name?.getText() ?? "?");
    return inputs.filter((input) => !(UNCHANGING[kind] ?? []).includes(input));
  }

  const missing = (kind: Row["resource"], inputs: string[], rows: Row[]) =>
    inputs.filter((input) => !rows.some((row) => row.resource === kind && row.input === input));

  test.each(KINDS)("has a row for every input of %s", (kind) => {
    expect(inputsOf(kind).length).toBeGreaterThanOrEqual(2);
    expect(missing(kind, inputsOf(kind), ROWS)).toEqual([]);
  });

  test.each(KINDS)("shows which input of %s has no row", (kind) => {
    const inputs = inputsOf(kind);
    expect(missing(kind, [...inputs, "madeUp"], ROWS)).toEqual(["madeUp"]);
    for (const input of inputs) {
      const without = ROWS.filter((row) => row.resource !== kind || row.input !== input);
      expect(missing(kind, inputs, without)).toEqual([input]);
    }
  });
});
