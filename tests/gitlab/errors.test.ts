import { inspect } from "node:util";
import * as gitlab from "../../provider/gitlab";

const FACTS = {
  what: 'create token "blue" of agent 7 in project group/app',
  method: "POST",
  path: "/api/v4/projects/group%2Fapp/cluster_agents/7/tokens",
  origin: "https://gitlab.example.com",
  status: 403,
  words: "403 Forbidden",
  requestId: "01ABC",
  advice: "Ask a maintainer",
};
const hide = (text: string): string => text.replaceAll("canary", "[secret]");

describe("GitLabError", () => {
  it("is one readable paragraph on one line", () => {
    expect(new gitlab.PermissionError({ ...FACTS, words: "403\nForbidden" }).message).toBe(
      'Could not create token "blue" of agent 7 in project group/app: POST /api/v4/projects/group%2Fapp/cluster_agents/7/tokens ' +
        "on https://gitlab.example.com answered 403: 403 Forbidden (request id 01ABC). Ask a maintainer.",
    );
  });

  it("keeps its class and facts with another next step", () => {
    const error = new gitlab.PermissionError(FACTS, hide);
    expect(error.withAdvice("Use canary")).toBe(error);
    expect(error.message).toMatch(/403 Forbidden \(request id 01ABC\)\. Use \[secret\]\.$/);
    expect(error.message).not.toContain("maintainer");
    expect(error.stack).toBe(`PermissionError: ${error.message}`);
  });

  it("copied for another operation is a new object", () => {
    const error = new gitlab.PermissionError(FACTS);
    const other = error.copyFor("read token 3");
    expect(other).toBeInstanceOf(gitlab.PermissionError);
    expect(other).not.toBe(error);
    expect(other.message).toMatch(/^Could not read token 3: POST .* answered 403/);
    expect(error.what).toBe(FACTS.what);
  });

  it("holds no secret in any property", () => {
    const error = new gitlab.ValidationError(
      { ...FACTS, words: "no canary", what: "say canary", complaints: ["canary is bad"], advice: "canary" },
      hide,
    );
    const shown = [
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
      error.message,
      String(error.stack),
    ];
    for (const text of shown) expect(text).not.toContain("canary");
    expect(error.reasons).toEqual(["[secret] is bad"]);
  });

  it("has no stack of ours", () => {
    expect(new gitlab.NetworkError(FACTS).stack?.split("\n")).toHaveLength(1);
  });

  it("has no property that the engine would interpret", () => {
    for (const Class of Object.values(gitlab).filter((value) => isErrorClass(value))) {
      const names = Object.getOwnPropertyNames(
        new Class({ ...FACTS, lost: { sentAt: 1, lostAt: 2, timedOut: false, objectId: 3 } }),
      );
      expect(names).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(id|code|details|metadata|properties|cause)$/)]),
      );
      if (Class !== gitlab.ValidationError) expect(names).not.toContain("reasons");
    }
  });

  it("of a lost response has its status, times and object id", () => {
    const error = new gitlab.LostResponseError({
      ...FACTS,
      status: 201,
      words: "the response broke off",
      lost: { sentAt: 1, lostAt: 2, timedOut: false, objectId: 3 },
    });
    expect(error).toMatchObject({ sentAt: 1, lostAt: 2, timedOut: false, objectId: 3 });
    expect(error.message).toContain(
      "the response to POST /api/v4/projects/group%2Fapp/cluster_agents/7/tokens on https://gitlab.example.com was lost " +
        "(status 201), so GitLab may have carried it out: the response broke off",
    );
  });
});

type ErrorClass = new (facts: object) => gitlab.GitLabError;

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && value.prototype instanceof gitlab.GitLabError;
}
