import { type Simulator, startSimulator } from "pulumi-gitlab-agent/simulator";

import { cleanEnvironment, runCommand } from "../support/processes";

/** An error as a client reports it. */
export interface Refusal {
  status: number;
  text: string;
}

/** A token as a client reports it. */
export interface SeenToken {
  id: number;
  agentId: number;
  name: string;
  description: string;
  status: string;
  neverUsed: boolean;
}

/** An agent as a client reports it. */
export interface SeenAgent {
  id: number;
  name: string;
  project: string;
  createdByUserId: number;
}

/**
 * What a client reports after the story; `text` has its own words. Each client makes the same calls: list, register twelve agents,
 * list them in pages of five, read one; create two tokens, get an error for a third, list them in pages of one, read and revoke
 * one; get each kind of error; delete the agent; and, in another project, create a token whose response is a 502 although GitLab
 * carried it out.
 */
export interface Report {
  client: string;
  listedAtFirst: number;
  registered: SeenAgent;
  names: string[];
  total: number;
  read: SeenAgent;
  created: SeenToken;
  secretLength: number;
  tokenNames: string[];
  tokenRead: SeenToken;
  activeAfterRevocation: number;
  agentsAfterDeletion: number;
  refusals: Record<keyof typeof REFUSALS, Refusal>;
  lostAnswer: string;
}

const PROJECT = "/api/v4/projects/group%2Fapp/cluster_agents";
const OTHER = "/api/v4/projects/group%2Fsubgroup%2Finfra/cluster_agents";

/** Every error of the story: GitLab's status and words. */
export const REFUSALS = {
  thirdToken: [400, "400 Bad request - An agent can have only two active tokens at a time"],
  revokedToken: [404, "404 Not found"],
  takenName: [400, '400 Bad request - ["Name has already been taken"]'],
  badName: [
    400,
    "400 Bad request - [\"Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'\"]",
  ],
  noName: [400, "name is missing"],
  hiddenProject: [404, "404 Project Not Found"],
  guestLists: [404, "404 ClusterAgents Not Found"],
  guestRegisters: [403, "403 Forbidden"],
  stranger: [401, "401 Unauthorized"],
  deletedAgent: [404, "404 Not found"],
  tokensOfDeletedAgent: [404, "404 Not found"],
} as const;

/** A GitLab for one story: it limits the first list for so many seconds, and one response is lost. */
export async function storySimulator(retryAfter: number): Promise<Simulator> {
  const gitlab = await startSimulator();
  gitlab.faults.add({ kind: "rateLimit", method: "GET", retryAfter });
  gitlab.faults.add({
    kind: "commitThenStatus",
    status: 502,
    method: "POST",
    path: "/projects/group%2Fsubgroup%2Finfra/**",
    skip: 1,
  });
  return gitlab;
}

/** Runs a program with the story. @throws Error with its output if it fails */
export async function runStory<Told extends Report = Report>(
  gitlab: Simulator,
  command: string,
  args: string[] = [],
): Promise<Told> {
  const { code, stdout, output } = await runCommand(command, args, {
    limit: 120,
    env: cleanEnvironment({
      STORY_URL: gitlab.url,
      STORY_MAINTAINER: gitlab.tokens["maintainer"],
      STORY_GUEST: gitlab.tokens["guest"],
      STORY_STRANGER: "glpat-of-nobody",
    }),
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
  return JSON.parse(stdout) as Told;
}

/** Expects that the client understood GitLab's responses. */
export function expectUnderstood(report: Report): void {
  const names = Array.from({ length: 12 }, (_, at) => `agent-${String(at + 1).padStart(2, "0")}`);
  const agent = { id: 12, name: "agent-01", project: "group/app", createdByUserId: 1 };
  const token = {
    id: expect.any(Number) as number,
    agentId: 12,
    name: "first",
    description: "of the story",
    status: "active",
    neverUsed: true,
  };
  expect(report).toMatchObject({
    listedAtFirst: 0,
    registered: agent,
    names,
    total: 12,
    read: agent,
    created: token,
    secretLength: 58,
    tokenRead: token,
    activeAfterRevocation: 1,
    agentsAfterDeletion: 11,
  });
  expect(report.tokenRead.id).toBe(report.created.id);
  expect([...report.tokenNames].sort()).toEqual(["first", "second"]);
}

/** Expects the requests that the simulator recorded: routes, pages, and their effect on the objects. */
export function expectSent(gitlab: Simulator, tokenId: number): void {
  const sent = gitlab.requests
    .filter(({ path }) => path.startsWith(PROJECT))
    .map(({ method, path, status }) => `${method} ${path.slice(PROJECT.length)} ${status}`);
  const count = (line: string): number => sent.filter((one) => one === line).length;
  // One refused list, and its retry; three pages; one list at the end.
  expect(count("GET  429")).toBe(1);
  expect(count("GET  200")).toBe(1 + 3 + 1);
  expect(count("POST  201")).toBe(12);
  // A taken name, a wrong one, and none.
  expect(count("POST  400")).toBe(3);
  expect(count("GET /12 200")).toBe(1);
  expect(count("POST /12/tokens 201")).toBe(2);
  expect(count("POST /12/tokens 400")).toBe(1);
  expect(count(`GET /12/tokens/${tokenId} 200`)).toBe(1);
  expect(count(`DELETE /12/tokens/${tokenId} 204`)).toBe(1);
  expect(count("DELETE /12 204")).toBe(1);
  const pages = (path: string, perPage: number): string[] =>
    gitlab.requests
      .map(({ path: asked, query }) => ({ asked, query: new URLSearchParams(query) }))
      .filter(({ asked, query }) => asked === path && query.get("per_page") === String(perPage))
      .map(({ query }) => query.get("page") ?? "1");
  expect(pages(PROJECT, 5)).toEqual(["1", "2", "3"]);
  expect(pages(`${PROJECT}/12/tokens`, 1)).toEqual(["1", "2"]);
}

/** How often the client created the token whose first response was a 502, and how many tokens exist. */
export function creationsAfterLostResponse(gitlab: Simulator): { sent: number; minted: number } {
  const sent = gitlab.requests.filter(({ method, path }) => method === "POST" && path.startsWith(`${OTHER}/`));
  return { sent: sent.length, minted: sent.filter(({ apiStatus }) => apiStatus === 201).length };
}
