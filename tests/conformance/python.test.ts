import * as path from "node:path";

import type { Simulator } from "pulumi-gitlab-agent/simulator";

import { describeClient, providedClients } from "./clients";
import {
  creationsAfterLostAnswer,
  expectSent,
  expectUnderstood,
  REFUSALS,
  type Report,
  storySimulator,
  told,
} from "./story";

interface PythonReport extends Report {
  typedTokens: boolean;
  save: string;
}

describeClient("python-gitlab", providedClients().python, (python) => {
  let gitlab: Simulator;
  let report: PythonReport;

  beforeAll(async () => {
    gitlab = await storySimulator(1);
    report = await told<PythonReport>(gitlab, python, [path.join(__dirname, "python/story.py")]);
  });
  afterAll(() => gitlab.close());

  test("is the version that is locked", () => {
    expect(report.client).toBe("python-gitlab 8.6.0");
  });

  test("understands every answer, over all pages", () => {
    expectUnderstood(report);
  });

  test("sends what the API takes, and follows the Link header through the pages", () => {
    expectSent(gitlab, report.created.id);
    const followed = gitlab.requests.find(({ query }) => query.includes("page=2&per_page=5"));
    expect(followed?.query).toBe("id=group%2Fapp&page=2&per_page=5");
  });

  test.each(Object.entries(REFUSALS))("tells the refusal %s in GitLab's words", (name, [status, text]) => {
    expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status, text });
  });

  describe("differs, as docs/api/conformance.md says:", () => {
    test("it has no typed calls for tokens", () => {
      expect(report.typedTokens).toBe(false);
    });

    test("an agent can be told to save itself, which ends in an error of Python's and reaches no GitLab", () => {
      expect(report.save).toBe("AttributeError: 'ProjectClusterAgentManager' object has no attribute 'update'");
      expect(gitlab.requests.map(({ method }) => method)).not.toContain("PUT");
    });

    test("it does not repeat a creation whose answer was lost, and so does not know the token", () => {
      expect(report.lostAnswer).toBe("failed with 502");
      expect(creationsAfterLostAnswer(gitlab)).toEqual({ sent: 1, minted: 1 });
    });
  });
});
