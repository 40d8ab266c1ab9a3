import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type ClusterAgentSchema, type ClusterAgentTokenSchema, Gitlab } from "@gitbeaker/rest";
import type { Simulator } from "pulumi-gitlab-agent/simulator";

import { repository } from "../support/repository";
import {
  creationsAfterLostResponse,
  expectSent,
  expectUnderstood,
  type Refusal,
  REFUSALS,
  type Report,
  type SeenAgent,
  type SeenToken,
  storySimulator,
} from "./story";

const PROJECT = "group/app";
const OTHER = "group/subgroup/infra";

/** The parameters that the client's list calls really accept; their types lack pages and page sizes. */
const pages = (options: { perPage: number; pagination?: "offset" }): object => options;

const seen = (agent: ClusterAgentSchema): SeenAgent => ({
  id: agent.id,
  name: agent.name,
  project: agent.config_project.path_with_namespace,
  createdByUserId: agent.created_by_user_id,
});
const seenToken = (token: ClusterAgentTokenSchema): SeenToken => ({
  id: token.id,
  agentId: token.agent_id,
  name: token.name,
  description: token.description ?? "",
  status: String(token.status),
  neverUsed: token.last_used_at === null,
});

async function refused(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const { message, cause } = error as { message: string; cause?: { response: Response } };
    return { status: cause?.response.status ?? 0, text: message };
  }
  return { status: 0, text: "not refused" };
}

describe("@gitbeaker/rest", () => {
  let gitlab: Simulator;
  let report: Report;
  const client = (token: string | undefined) => new Gitlab({ host: gitlab.url, token: token ?? "" }).Agents;
  /** The client's own transport with its credential, for the only typed call that is wrong. */
  const createToken = async (
    project: string,
    agent: number,
    body: Record<string, string>,
  ): Promise<ClusterAgentTokenSchema> => {
    const { requester } = client(gitlab.tokens["maintainer"]);
    const path = `projects/${encodeURIComponent(project)}/cluster_agents/${agent}/tokens`;
    return (await requester.post(path, { body })).body as unknown as ClusterAgentTokenSchema;
  };

  beforeAll(async () => {
    // The client does not wait as GitLab asks; otherwise the test would not end.
    gitlab = await storySimulator(3600);
    const agents = client(gitlab.tokens["maintainer"]);
    const guest = client(gitlab.tokens["guest"]);
    const listedAtFirst = (await agents.all(PROJECT)).length;
    for (let number = 12; number > 1; number--)
      await agents.register(PROJECT, `agent-${String(number).padStart(2, "0")}`);
    const agent = await agents.register(PROJECT, "agent-01");
    const paged = await agents.all(PROJECT, { ...pages({ pagination: "offset", perPage: 5 }), showExpanded: true });
    const read = await agents.show(PROJECT, agent.id);
    const token = await createToken(PROJECT, agent.id, { name: "first", description: "of the story" });
    await createToken(PROJECT, agent.id, { name: "second" });
    const thirdToken = await refused(createToken(PROJECT, agent.id, { name: "third" }));
    const tokens = await agents.allTokens(PROJECT, agent.id, pages({ perPage: 1 }));
    const tokenRead = await agents.showToken(PROJECT, agent.id, token.id);
    await agents.removeToken(PROJECT, agent.id, token.id);
    const revokedToken = await refused(agents.showToken(PROJECT, agent.id, token.id));
    const active = await agents.allTokens(PROJECT, agent.id);
    const refusals = {
      thirdToken,
      revokedToken,
      takenName: await refused(agents.register(PROJECT, "agent-02")),
      badName: await refused(agents.register(PROJECT, "Agent_2")),
      noName: await refused(agents.register(PROJECT, undefined as unknown as string)),
      hiddenProject: await refused(agents.all("group/nowhere")),
      guestLists: await refused(guest.all(PROJECT)),
      guestRegisters: await refused(guest.register(PROJECT, "first")),
      stranger: await refused(client("glpat-of-nobody").all(PROJECT)),
      ...(await agents.unregister(PROJECT, agent.id).then(async () => ({
        deletedAgent: await refused(agents.show(PROJECT, agent.id)),
        tokensOfDeletedAgent: await refused(agents.allTokens(PROJECT, agent.id)),
      }))),
    };
    const agentsAfterDeletion = (await agents.all(PROJECT, pages({ perPage: 100 }))).length;
    const infra = await agents.register(OTHER, "first");
    const lost = await refused(createToken(OTHER, infra.id, { name: "first" }));
    const manifest = readFileSync(join(repository, "node_modules/@gitbeaker/rest/package.json"), "utf8");
    report = {
      client: `@gitbeaker/rest ${(JSON.parse(manifest) as { version: string }).version}`,
      listedAtFirst,
      registered: seen(agent),
      names: paged.data.map(({ name }) => name),
      total: (paged as unknown as { paginationInfo: { total: number } }).paginationInfo.total,
      read: seen(read),
      created: seenToken(token),
      secretLength: token.token?.length ?? 0,
      tokenNames: tokens.map(({ name }) => name),
      tokenRead: seenToken(tokenRead),
      activeAfterRevocation: active.length,
      agentsAfterDeletion,
      refusals,
      lostAnswer: lost.text === "not refused" ? "created" : `failed with ${lost.status}`,
    };
  });
  afterAll(() => gitlab.close());

  test("has the locked version", () => {
    expect(report.client).toBe("@gitbeaker/rest 43.8.0");
  });

  test("understands every response, over all pages", () => {
    expectUnderstood(report);
  });

  test("sends correct requests, and follows the Link header through the pages", () => {
    expectSent(gitlab, report.created.id);
    expect(gitlab.requests.map(({ query }) => query)).toContain("id=group%2Fapp&page=2&pagination=offset&per_page=5");
  });

  test.each(Object.entries(REFUSALS))("reports the refusal %s in GitLab's words", (name, [status, text]) => {
    expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status, text });
  });

  describe("differs, as docs/api/conformance.md says:", () => {
    test("its createToken sends a GET, so it creates nothing and returns the list", async () => {
      const agents = client(gitlab.tokens["maintainer"]);
      const agent = await agents.register(PROJECT, "without-tokens");
      const answer: unknown = await agents.createToken(PROJECT, agent.id, "first");
      expect(answer).toEqual([]);
      expect(gitlab.requests.at(-1)).toMatchObject({ method: "GET", query: "name=first", status: 200 });
      expect(gitlab.state.activeTokens().filter(({ agentId }) => agentId === agent.id)).toEqual([]);
    });

    test("it retries at once, although GitLab asks it to wait for an hour", () => {
      const [first, second] = gitlab.requests;
      expect(first).toMatchObject({ status: 429, fault: "rateLimit" });
      expect(second).toMatchObject({ status: 200, path: first?.path });
    });

    test("it repeats a creation after a 502, so two tokens exist, one of which is unknown", () => {
      expect(report.lostAnswer).toBe("created");
      expect(creationsAfterLostResponse(gitlab)).toEqual({ sent: 2, minted: 2 });
    });
  });
});
