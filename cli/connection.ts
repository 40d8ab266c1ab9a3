import { InvalidArgumentError } from "commander";
import { openGitLab, resolveSettings, SETTING_NAMES, type GitLab } from "../provider/gitlab";

/** Settings that were given on the command line, by their names after `gitlab:`. */
export type GivenSettings = Readonly<Record<string, string>>;

/** Reads one `--setting name=value`, beside those that were read before. */
export function setting(text: string, before: GivenSettings = {}): GivenSettings {
  const [, name, value] = /^(?:gitlab:)?([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It has to look like name=value.");
  if (name === "token") {
    throw new InvalidArgumentError("Other users of this machine see command lines: put it in GITLAB_TOKEN.");
  }
  if (!(SETTING_NAMES as readonly string[]).includes(name)) {
    const known = SETTING_NAMES.filter((each) => each !== "token").join(", ");
    throw new InvalidArgumentError(`There is no setting "${name}". There are ${known}.`);
  }
  return { ...before, [name]: value };
}

/** GitLab by the settings of the command line and the environment. What the client tells goes to standard error. */
export function connect(given: GivenSettings): GitLab {
  const settings = resolveSettings({
    lookup: (name) => given[name],
    describe: (name) => `the option --setting ${name}=…`,
    env: process.env,
    caller: "command",
  });
  return openGitLab(settings, {
    info: (line) => void process.stderr.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`warning: ${line}\n`),
  });
}
