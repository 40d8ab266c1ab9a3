import type { ProviderArgs } from "pulumi-gitlab-agent";
import { SETTING_NAMES, type SettingName } from "../../provider/gitlab";
import { textOf } from "./pages";

const PAGE = "docs/configuration.md";

/** Does not compile if the explicit provider lacks a setting, or has one that is not in this list. */
const ARGUMENTS: Record<keyof ProviderArgs, true> & Record<SettingName, true> = {
  baseUrl: true,
  token: true,
  caCertFile: true,
  clientCertFile: true,
  clientKeyFile: true,
  insecure: true,
  headers: true,
  requestTimeout: true,
  operationTimeout: true,
  maxRetries: true,
  maxConcurrency: true,
  debug: true,
};

test("the settings are the arguments of the explicit provider", () => {
  expect(Object.keys(ARGUMENTS).sort()).toEqual([...SETTING_NAMES].sort());
});

test("every setting has its row, and its section with an example; there is no other section", () => {
  const text = textOf(PAGE);
  const sections = text.split(/^### /m).slice(1);
  expect(sections.map((section) => /^`(\w+)`/.exec(section)?.[1])).toEqual([...SETTING_NAMES]);
  for (const section of sections) {
    const name = /^`(\w+)`/.exec(section)?.[1] ?? "";
    expect(text).toContain(`| [\`${name}\`](#${name.toLowerCase()})`);
    expect(section).toMatch(new RegExp(`\`\`\`sh\\n[^\`]*pulumi config set (--secret )?gitlab:${name}\\b`));
  }
});

test("every environment variable that is read is on the page", () => {
  const names = ["GITLAB_BASE_URL", "CI_API_V4_URL", "GITLAB_TOKEN", "PULUMI_GITLAB_AGENT_DEBUG"];
  for (const name of [...names, "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS"]) {
    expect(textOf(PAGE)).toContain(name);
  }
  const source = textOf("provider/gitlab/settings/resolveSettings.ts");
  const read = [...source.matchAll(/"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)"/g)].map((match) => match[1]);
  expect(read.sort()).toEqual([...names].sort());
});
