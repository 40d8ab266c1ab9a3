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

describeClient("client-go", providedClients().go, (program) => {
  let gitlab: Simulator;
  let report: Report;

  beforeAll(async () => {
    gitlab = await storySimulator(1);
    report = await runStory(gitlab, program);
  });
  afterAll(() => gitlab.close());

  test("has the locked version", () => {
    expect(report.client).toBe("client-go v0.130.0");
  });

  test("understands every response, over all pages", () => {
    expectUnderstood(report);
  });

  test("sends correct requests, and follows X-Next-Page through the pages", () => {
    expectSent(gitlab, report.created.id);
    expect(gitlab.requests.map(({ query }) => query)).toEqual(
      expect.arrayContaining(["page=2&per_page=5", "page=3&per_page=5"]),
    );
  });

  test.each(Object.entries(REFUSALS).filter(([, [status]]) => status !== 404))(
    "reports the refusal %s in GitLab's words",
    (name, [status, text]) => {
      const field = text === "name is missing" ? "error" : "message";
      expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status, text: `{${field}: ${text}}` });
    },
  );

  describe("differs, as docs/api/conformance.md says:", () => {
    test.each(Object.entries(REFUSALS).filter(([, [status]]) => status === 404))(
      "it has the same text for every 404, also for that of %s",
      (name) => {
        expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status: 404, text: "404 Not Found" });
      },
    );

    test("it repeats a creation after a 502, so two tokens exist, one of which is unknown", () => {
      expect(report.lostAnswer).toBe("created");
      expect(creationsAfterLostResponse(gitlab)).toEqual({ sent: 2, minted: 2 });
    });
  });
});
