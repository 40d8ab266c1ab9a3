import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { version } from "../../package.json";
import { FIXTURES, nativeFixtureProject } from "../support/stateFixture";
import { expectUpgraded } from "../support/upgrade";
import { describeYaml } from "./yamlHost";

// The promise for upgrades, for the state of the native plugin; tests/engine/upgrade.test.ts checks it for the dynamic resources.
const versions = readdirSync(FIXTURES).filter((name) =>
  existsSync(path.join(FIXTURES, name, "native/deployment.json")),
);

test("this version has a state fixture of the plugin", () => {
  // If this fails after a new version: run `make state-fixture`, and commit the files that it wrote.
  expect(versions).toContain(version);
});

describeYaml("the plugin's state", (yaml) => {
  test.each(versions)("of %s is refreshed, previewed without a diff, and destroyed", async (name) => {
    const folder = path.join(FIXTURES, name, "native");
    await expectUpgraded(folder, (gitlab, config) =>
      nativeFixtureProject(path.join(folder, "Pulumi.yaml"), gitlab, config, yaml),
    );
  });
});
