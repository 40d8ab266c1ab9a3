import * as path from "node:path";

import type { Simulator } from "pulumi-gitlab-agent/simulator";

import { describeClient, providedClients } from "./clients";
import {
  creationsAfterLostResponse,
  expectSent,
  expectUnderstood,
  REFUSALS,
  type Report,
  storySimulator,
  runStory,
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
    report = await runStory<PythonReport>(gitlab, python, [path.join(__dirname, "python/story.py")]);
  });
  afterAll(() => gitlab.close());

  test("has the locked version", () => {
    expect(report.client).toBe("python-gitlab 8.6.0");
  });

  test("understands every response, over all pages", () => {
    expectUnderstood(report);
  });

  test("sends correct requests, and follows the Link header through the pages", () => {
    expectSent(gitlab, report.created.id);
    const followed = gitlab.requests.find(({ query }) => query.includes("page=2&per_page=5"));
    expect(followed?.query).toBe("id=group%2Fapp&page=2&per_page=5");
  });

  test.each(Object.entries(REFUSALS))("reports the refusal %s in GitLab's words", (name, [status, text]) => {
    expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status, text });
  });

  describe("differs, as docs/api/conformance.md says:", () => {
    test("it has no typed calls for tokens", () => {
      expect(report.typedTokens).toBe(false);
    });

    test("an agent has a save method, which ends in a Python error and sends no request", () => {
      expect(report.save).toBe("AttributeError: 'ProjectClusterAgentManager' object has no attribute 'update'");
      expect(gitlab.requests.map(({ method }) => method)).not.toContain("PUT");
    });

    test("it does not repeat a creation whose response was lost, so the token stays unknown", () => {
      expect(report.lostAnswer).toBe("failed with 502");
      expect(creationsAfterLostResponse(gitlab)).toEqual({ sent: 1, minted: 1 });
    });
  });
});
