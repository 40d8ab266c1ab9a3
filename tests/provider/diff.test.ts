import type { dynamic } from "@pulumi/pulumi";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { agentToken, clusterAgent, receptiveUrlConfig, configured, UNKNOWN, type Door } from "./doors";

let simulator: Simulator;
let pair: KeyedCertificate;
let other: KeyedCertificate;
beforeAll(async () => {
  const authority = await certificateAuthority();
  [pair, other] = [await authority.issue(), await authority.issue()];
  // Only this file uses these projects, since the process keeps what it learns about a project.
  simulator = await startSimulator({ projects: ["d/app", "d/infra", "d/alone"].map((path) => ({ path })) });
});
afterAll(() => simulator.close());
beforeEach(async () => {
  simulator.reset();
  await configured(simulator);
});

const sent = () => simulator.requests.map(({ method, path }) => `${method} ${path.slice(7)}`);

/** The diff between a state and new inputs, which pass check first, as in the engine. */
async function diff(door: dynamic.ResourceProvider, olds: object, news: object): Promise<dynamic.DiffResult> {
  const { inputs, failures } = await (door as Door).check({}, news);
  expect(failures ?? []).toEqual([]);
  const result = await (door as Door).diff("id", olds, inputs);
  return { replaces: [], deleteBeforeReplace: false, ...result };
}

const SAME = { changes: false, replaces: [], deleteBeforeReplace: false };

describe("an agent", () => {
  const olds = {
    project: "d/app",
    name: "a",
    agentId: 7,
    configProject: { id: 101, pathWithNamespace: "d/app" },
    createdAt: "2026-01-01T00:00:00.000Z",
  };

  test.each([
    ["nothing", {}, []],
    ["the name", { name: "b" }, ["name"]],
    ["the project", { project: "d/infra" }, ["project"]],
    ["the project, by id", { project: 102 }, ["project"]],
    ["both", { name: "b", project: 102 }, ["name", "project"]],
    ["the spelling of the project", { project: "D%2fapp" }, []],
    ["the id in place of the path", { project: 101 }, []],
    ["the id in digits in place of the path", { project: "101" }, []],
    ["a name that is not known yet", { name: UNKNOWN }, ["name"]],
    ["a project that is not known yet", { project: UNKNOWN }, ["project"]],
  ])("%s", async (_, news, replaces) => {
    const result = await diff(clusterAgent, olds, { project: "d/app", name: "a", ...news });
    // An agent and its successor have different names, so they can exist together: create first.
    expect(result).toEqual({ changes: replaces.length > 0, replaces, deleteBeforeReplace: false });
  });

  test("sends no request if everything is known or an input is unknown, and one request if two spellings differ", async () => {
    await diff(clusterAgent, olds, { project: 101, name: "b" });
    await diff(clusterAgent, olds, { project: "d/alone", name: UNKNOWN });
    expect(sent()).toEqual([]);
    await diff(clusterAgent, olds, { project: "d/alone", name: "a" });
    expect(sent()).toEqual(["GET /projects/d%2Falone"]);
  });

  test("outputs that change by themselves, and unknown properties, are not a difference", async () => {
    const more = { ...olds, isReceptive: true, createdByUserId: 9, __provider: "before" };
    expect(await diff(clusterAgent, more, { project: "d/app", name: "a", __provider: "now" })).toMatchObject(SAME);
  });
});

describe("a token", () => {
  const inputs = {
    project: 101,
    agentId: 1,
    name: "t",
    description: "d",
    rotationTriggers: { a: 1, b: { c: 2, d: 3 } },
  };
  const olds = { ...inputs, tokenId: 10_001, token: "secret", status: "active", createdAt: "2026-01-01T00:00:00.000Z" };

  test.each([
    ["nothing", {}, []],
    ["the name", { name: "u" }, ["name"]],
    ["the description", { description: "e" }, ["description"]],
    ["no description", { description: undefined }, ["description"]],
    ["an empty description", { description: "" }, ["description"]],
    ["the agent", { agentId: 2 }, ["agentId"]],
    ["the agent's id in digits", { agentId: "1" }, []],
    ["the project", { project: 102 }, ["project"]],
    ["agent and project", { agentId: 2, project: 102 }, ["agentId"]],
    ["a trigger", { rotationTriggers: { a: 1, b: { c: 2, d: 4 } } }, ["rotationTriggers"]],
    ["one trigger less", { rotationTriggers: { a: 1 } }, ["rotationTriggers"]],
    ["no triggers", { rotationTriggers: undefined }, ["rotationTriggers"]],
    ["a trigger of another type", { rotationTriggers: { a: "1", b: { c: 2, d: 3 } } }, ["rotationTriggers"]],
    ["the order of the triggers' keys", { rotationTriggers: { b: { d: 3, c: 2 }, a: 1 } }, []],
    ["a name that is not known yet", { name: UNKNOWN }, ["name"]],
    ["a trigger that is not known yet", { rotationTriggers: { a: 1, b: UNKNOWN } }, ["rotationTriggers"]],
    ["an agent that is not known yet", { agentId: UNKNOWN }, ["agentId"]],
    ["a project that is not known yet", { project: UNKNOWN }, ["project"]],
  ])("%s", async (_, news, replaces) => {
    const result = await diff(agentToken, olds, { ...inputs, ...news });
    expect(result.changes).toBe(replaces.length > 0);
    expect(result.replaces ?? []).toEqual(replaces);
  });

  describe("by age", () => {
    const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000).toISOString();
    const aged = (count: number, more: object = {}) => ({ ...olds, agentId: 900, createdAt: days(count), ...more });
    const news = (more: object) => ({ ...inputs, agentId: 900, ...more });
    const DUE = ["rotateAfterDays"];

    test.each([
      ["due", 31, { rotateAfterDays: 30 }, { rotateAfterDays: 30 }, DUE],
      ["not due", 29, { rotateAfterDays: 30 }, { rotateAfterDays: 30 }, []],
      ["a smaller number that is due by it", 10, { rotateAfterDays: 30 }, { rotateAfterDays: 7 }, DUE],
      ["a smaller number that is not due by it", 5, { rotateAfterDays: 30 }, { rotateAfterDays: 7 }, []],
      ["a larger number", 31, { rotateAfterDays: 30 }, { rotateAfterDays: 90 }, []],
      ["given, and due", 10, {}, { rotateAfterDays: 7 }, DUE],
      ["given, and not due", 1, {}, { rotateAfterDays: 7 }, []],
      ["taken away", 100, { rotateAfterDays: 30 }, {}, []],
      ["not known yet", 1, { rotateAfterDays: 30 }, { rotateAfterDays: UNKNOWN }, DUE],
      [
        "due, and another trigger",
        31,
        { rotateAfterDays: 30 },
        { rotateAfterDays: 30, rotationTriggers: {} },
        ["rotationTriggers", ...DUE],
      ],
    ])("%s", async (_, age, before, after, replaces) => {
      const result = await diff(agentToken, aged(age, before), news(after));
      expect(result.changes).toBe(replaces.length > 0);
      expect(result.replaces ?? []).toEqual(replaces);
      // The only request lists the agent's tokens, to count free slots, and only if a replacement is due.
      const listed = replaces.length > 0 && (after as { rotateAfterDays?: unknown }).rotateAfterDays !== UNKNOWN;
      expect(sent()).toHaveLength(listed ? 1 : 0);
    });

    test("by GitLab's clock, once GitLab has responded to this process", async () => {
      const behind = await startSimulator({ clock: () => Date.now() - 10 * 24 * 60 * 60 * 1000 });
      try {
        await configured(behind);
        const token = aged(31, { rotateAfterDays: 30 });
        expect(await diff(agentToken, token, news({ rotateAfterDays: 30 }))).toMatchObject({ replaces: DUE });
        // The response to the list of tokens had GitLab's date.
        expect(await diff(agentToken, token, news({ rotateAfterDays: 30 }))).toEqual(SAME);
      } finally {
        await behind.close();
      }
    });
  });

  test.each([undefined, null, ""])("a missing description, written as %p, is no change", async (description) => {
    const plain = { ...olds, description: undefined };
    expect(await diff(agentToken, plain, { ...inputs, description })).toEqual(SAME);
    expect(await diff(agentToken, { ...olds, description: null }, { ...inputs, description })).toEqual(SAME);
  });

  test("another order in a list is a change", async () => {
    const listed = { ...olds, rotationTriggers: { a: [1, 2] } };
    expect(await diff(agentToken, listed, { ...inputs, rotationTriggers: { a: [2, 1] } })).toMatchObject({
      changes: true,
    });
  });

  describe("the order of creation and deletion", () => {
    // The process keeps what was planned for an agent, so each test has its own agent.
    const held = (count: number) => {
      while (simulator.state.agents.length < agents)
        simulator.state.createAgent(101, `a${simulator.state.agents.length}`);
      const agent = simulator.state.createAgent(101, `a${agents++}`);
      const tokens = Array.from({ length: count }, (_, at) => simulator.state.createToken(agent.id, `t${at}`).id);
      const state = (tokenId = tokens[0] ?? 99) => ({ ...olds, agentId: agent.id, tokenId });
      return { agent, tokens, state, news: { ...inputs, agentId: agent.id, name: "new" } };
    };
    let agents = 0;

    test.each([
      [1, false],
      [2, true],
    ])("%i active tokens, delete first: %p; planned by one list", async (count, deleteBeforeReplace) => {
      const { agent, tokens, state, news } = held(count);
      expect(await diff(agentToken, state(), news)).toEqual({ changes: true, replaces: ["name"], deleteBeforeReplace });
      // Before a delete-first replacement, the warning shows the last use of the other token, which the list of tokens lacks.
      const path = `/projects/101/cluster_agents/${agent.id}/tokens`;
      expect(sent()).toEqual([`GET ${path}`, ...tokens.slice(1).map((id) => `GET ${path}/${id}`)]);
    });

    test("create first, if other tokens take both slots: revoking ours would free none", async () => {
      const { agent, tokens, state, news } = held(2);
      simulator.state.revokeToken(tokens[0] ?? 0);
      simulator.state.createToken(agent.id, "somebody's");
      expect(await diff(agentToken, state(), news)).toMatchObject({ deleteBeforeReplace: false });
    });

    test("delete first, if the free slot belongs to a token that is replaced in the same update", async () => {
      const { tokens, state, news } = held(2);
      expect(await diff(agentToken, state(tokens[0]), news)).toMatchObject({ deleteBeforeReplace: true });
      simulator.state.revokeToken(tokens[0] ?? 0);
      expect(await diff(agentToken, state(tokens[1]), news)).toMatchObject({ deleteBeforeReplace: true });
    });

    test("create first on another agent, also in another project, without a request", async () => {
      const { state, news } = held(2);
      expect(await diff(agentToken, state(), { ...news, project: 102 })).toMatchObject({ deleteBeforeReplace: false });
      expect(await diff(agentToken, state(), { ...news, agentId: 999 })).toMatchObject({ deleteBeforeReplace: false });
      expect(sent()).toEqual([]);
    });

    test("create first, if GitLab refuses the list: the preview does not fail", async () => {
      const { state, news } = held(2);
      simulator.faults.add({ kind: "status", status: 403 });
      expect(await diff(agentToken, state(), news)).toMatchObject({ changes: true, deleteBeforeReplace: false });
    });
  });

  test("sends nothing if nothing is replaced, or if an input is unknown", async () => {
    await diff(agentToken, olds, inputs);
    await diff(agentToken, olds, { ...inputs, description: UNKNOWN });
    await diff(agentToken, { ...olds, project: "d/alone" }, { ...inputs, name: UNKNOWN });
    expect(sent()).toEqual([]);
  });

  test("a text that GitLab changed at creation does not replace the token", async () => {
    const state = { ...olds, name: "t", description: "d", normalizedFrom: { name: " t ", description: "d " } };
    expect(await diff(agentToken, state, { ...inputs, name: " t ", description: "d " })).toEqual(SAME);
    expect(await diff(agentToken, state, { ...inputs, name: " t  ", description: "d" })).toMatchObject({
      replaces: ["name"],
    });
  });
});

describe("a URL configuration", () => {
  const inputs = () => ({
    project: 101,
    agentId: 1,
    url: "grpcs://a:443",
    clientCert: pair.cert,
    clientKey: pair.key,
    caCert: pair.cert,
    tlsHost: "a",
  });
  const olds = () => ({ ...inputs(), urlConfigurationId: 20_001 });

  test.each([
    ["nothing", () => ({}), [], false],
    ["the url", () => ({ url: "grpcs://b:443" }), ["url"], true],
    ["the host", () => ({ tlsHost: "b" }), ["tlsHost"], true],
    ["no host", () => ({ tlsHost: undefined }), ["tlsHost"], true],
    ["the CA", () => ({ caCert: other.cert }), ["caCert"], true],
    ["no CA", () => ({ caCert: null }), ["caCert"], true],
    ["the pair", () => ({ clientCert: other.cert, clientKey: other.key }), ["clientCert", "clientKey"], true],
    ["no pair", () => ({ clientCert: undefined, clientKey: undefined }), ["clientCert", "clientKey"], true],
    ["a chain", () => ({ clientCert: pair.cert + other.cert }), ["clientCert"], true],
    ["the project", () => ({ project: 102 }), ["project"], false],
    ["the agent", () => ({ agentId: 2 }), ["agentId"], false],
    ["the agent and the url", () => ({ agentId: 2, url: "grpcs://b:443" }), ["agentId", "url"], false],
    ["the spelling of PEM", () => ({ caCert: `x\r\n${pair.cert.replace(/\n/g, "\r\n")}` }), [], false],
    ["the agent's id in digits", () => ({ agentId: "1" }), [], false],
    ["a url that is not known yet", () => ({ url: UNKNOWN }), ["url"], true],
    ["an agent that is not known yet", () => ({ agentId: UNKNOWN }), ["agentId"], false],
    ["a key that is not known yet", () => ({ clientKey: UNKNOWN }), ["clientKey"], true],
    ["a project that is not known yet", () => ({ project: UNKNOWN }), ["project"], false],
  ])("%s", async (_, news, replaces, deleteBeforeReplace) => {
    const result = await diff(receptiveUrlConfig, olds(), { ...inputs(), ...news() });
    expect({ ...result, replaces: result.replaces?.sort() }).toEqual({
      changes: replaces.length > 0,
      replaces,
      deleteBeforeReplace,
    });
    expect(sent()).toEqual([]);
  });
});
