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

describeClient("client-go", providedClients().go, (program) => {
  let gitlab: Simulator;
  let report: Report;

  beforeAll(async () => {
    gitlab = await storySimulator(1);
    report = await told(gitlab, program);
  });
  afterAll(() => gitlab.close());

  test("is the version that is locked", () => {
    expect(report.client).toBe("client-go v0.130.0");
  });

  test("understands every answer, over all pages", () => {
    expectUnderstood(report);
  });

  test("sends what the API takes, and goes by X-Next-Page through the pages", () => {
    expectSent(gitlab, report.created.id);
    expect(gitlab.requests.map(({ query }) => query)).toEqual(
      expect.arrayContaining(["page=2&per_page=5", "page=3&per_page=5"]),
    );
  });

  test.each(Object.entries(REFUSALS).filter(([, [status]]) => status !== 404))(
    "tells the refusal %s in GitLab's words",
    (name, [status, text]) => {
      const field = text === "name is missing" ? "error" : "message";
      expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status, text: `{${field}: ${text}}` });
    },
  );

  describe("differs, as docs/api/conformance.md says:", () => {
    test.each(Object.entries(REFUSALS).filter(([, [status]]) => status === 404))(
      "it has one text of its own for every 404, that of %s too",
      (name) => {
        expect(report.refusals[name as keyof typeof REFUSALS]).toEqual({ status: 404, text: "404 Not Found" });
      },
    );

    test("it repeats a creation whose answer was a 502, and so mints two tokens, one of which nobody knows", () => {
      expect(report.lostAnswer).toBe("created");
      expect(creationsAfterLostAnswer(gitlab)).toEqual({ sent: 2, minted: 2 });
    });
  });
});
