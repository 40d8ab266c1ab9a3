import { UnexpectedResponseError, withCode } from "../../provider/gitlab";
import { expectEntry } from "../support/catalogue";
import { ResponseServer } from "./responseServer";
import { failure } from "./client";

/** A list proves that an object is gone, so it must not end before GitLab says that it ends. */
describe("the end of a list", () => {
  let server: ResponseServer;
  beforeEach(() => void (server = new ResponseServer()));
  afterEach(() => server.close());
  const agents = (count: number): string =>
    JSON.stringify(Array.from({ length: count }, (_, at) => ({ id: at + 1, name: `agent-${at + 1}` })));

  it.each([
    ["no number", { "X-Next-Page": "two" }],
    ["a fraction", { "X-Next-Page": "2.5" }],
    ["a negative number", { "X-Next-Page": "-1" }],
    ["nought", { "X-Next-Page": "0" }],
    ["the same page", { "X-Next-Page": "1" }],
    ["two numbers", { "X-Next-Page": ["2", "3"] }],
    ["undefined in words", { "X-Next-Page": "undefined" }],
    ["nothing, with two pages in all", { "X-Next-Page": "", "X-Total-Pages": "2" }],
    ["nothing, stripped, with two pages in all", { "X-Total-Pages": "2" }],
  ] as [string, Record<string, string | string[]>][])("is not accepted if X-Next-Page is %s", async (_, headers) => {
    const gitlab = await server.serve((__, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(agents(3));
    });
    const error = await failure(gitlab.begin("list the agents of project 1").agents.list(1));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(error.message).toMatch(
      /^Could not list the agents of project 1: GET \/api\/v4\/projects\/1\/cluster_agents on .* answered 200: .*(no later page|not whole).*check the base URL/,
    );
    expect(server.seen).toHaveLength(1);
  });

  it("is an error also for reads that share the list, and reports none of their objects as gone", async () => {
    const gitlab = await server.serve((request, response) => {
      response.setHeader("X-Next-Page", "next");
      response.end(request.url?.includes("?") ? agents(3) : '{"id":9}');
    });
    const reads = [8, 9].map((id) => failure(gitlab.begin(`read agent ${id}`).agents.read(1, id)));
    for (const error of await Promise.all(reads)) expect(error.message).toMatch(/X-Next-Page of page 1 is "next"/);
  });

  it("has an entry in docs/errors.md if it is not certain", async () => {
    const gitlab = await server.serve((_, response) => {
      response.setHeader("X-Next-Page", "two");
      response.end(agents(3));
    });
    const error = await failure(gitlab.begin("list the agents of project 1").agents.list(1));
    expectEntry("The end of a list is not certain", withCode(error.message));
  });

  it.each([
    ["empty", { "X-Next-Page": "", "X-Total-Pages": "1" }],
    ["blank", { "X-Next-Page": " " }],
    ["stripped", {}],
  ] as [string, Record<string, string>][])("is accepted if X-Next-Page is %s", async (_, headers) => {
    const gitlab = await server.serve((__, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(agents(3));
    });
    expect(await gitlab.begin("list").agents.list(1)).toHaveLength(3);
  });
});
