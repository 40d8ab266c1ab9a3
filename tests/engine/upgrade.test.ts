import { readdirSync } from "node:fs";
import * as path from "node:path";
import { version } from "../../package.json";
import { FIXTURES, fixtureProject } from "../support/stateFixture";
import { expectUpgraded } from "../support/upgrade";

// The promise for upgrades: this version refreshes, previews without a diff, and destroys the state that any released version
// wrote.
const versions = readdirSync(FIXTURES).filter((name) => name !== "program");

test("this version has a state fixture", () => {
  // If this fails after a new version: run `make state-fixture`, and commit the files that it wrote.
  expect(versions).toContain(version);
});

test.each(versions)("state of %s is refreshed, previewed without a diff, and destroyed", async (name) => {
  const folder = path.join(FIXTURES, name);
  await expectUpgraded(folder, (gitlab, config) => fixtureProject(path.join(folder, "index.ts"), gitlab, config));
});
