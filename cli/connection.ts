import { InvalidArgumentError } from "commander";
import { openGitLab, resolveSettings, SETTING_NAMES, withCode, type GitLab } from "../provider/gitlab";

/** The settings of the command line, by their names after `gitlab:`. */
export type GivenSettings = Readonly<Record<string, string>>;

/** Adds one `--setting name=value` to the earlier ones. */
export function setting(text: string, before: GivenSettings = {}): GivenSettings {
  const [, name, value] = /^(?:gitlab:)?([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It has to look like name=value.");
  if (name === "token") {
    throw new InvalidArgumentError("Other users of this machine can see command lines: set it in GITLAB_TOKEN.");
  }
  if (!(SETTING_NAMES as readonly string[]).includes(name)) {
    const known = SETTING_NAMES.filter((each) => each !== "token").join(", ");
    throw new InvalidArgumentError(`There is no setting "${name}". The settings are ${known}.`);
  }
  return { ...before, [name]: value };
}

/** GitLab with the settings of the command line and the environment. The client's messages go to standard error. */
export function connect(given: GivenSettings): GitLab {
  const settings = resolveSettings({
    lookup: (name) => given[name],
    describe: (name) => `the option --setting ${name}=…`,
    env: process.env,
    caller: "command",
  });
  return openGitLab(settings, {
    info: (line) => void process.stderr.write(`${withCode(line)}\n`),
    warn: (line) => void process.stderr.write(`warning: ${withCode(line)}\n`),
  });
}
