import * as gitlab from "pulumi-gitlab-agent";
import * as provider from "../../provider";
import schema from "../../provider/doors/plugin/schema.json";
import { permanent } from "../../sdk/permanent";
import { textOf } from "./pages";

const PAGE = "docs/resources.md";

/** The names in a list constant of a source file. */
function listOf(file: string, constant: string): string[] {
  const list = new RegExp(`^const ${constant} = \\[([^\\]]*)\\]`, "m").exec(textOf(file))?.[1] ?? "";
  return [...list.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name);
}

/** The inputs for which a kind's file has rules, in their order. */
function rulesOf(file: string): string[] {
  const kind = /^const RULES = \{(.*?)\}(?: satisfies .*)?;$/ms.exec(textOf(file))?.[1] ?? "";
  return [...kind.matchAll(/(?:^| )(\w+): (?:required|optional)\(/gm)].map(([, name = ""]) => name);
}

const names = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);

test("each resource has its row with all inputs and outputs in their order", () => {
  const rows = textOf(PAGE)
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, name = ""]) => /^`[A-Z]\w+`$/.test(name));
  const classes = Object.entries(gitlab).filter(([, value]) => "__pulumiType" in value);
  expect(rows.map(([, name]) => names(name)[0]).sort()).toEqual(
    classes
      .map(([name]) => name)
      .filter((name) => name !== "Provider")
      .sort(),
  );
  for (const [, resource, inputs, outputs, id] of rows) {
    const [name = ""] = names(resource);
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`;
    const given = rulesOf(`provider/${file}`);
    const shown = listOf(`sdk/${file}`, "OUTPUTS");
    expect([name, given.length > 1, shown.length > given.length]).toEqual([name, true, true]);
    expect([name, names(inputs)]).toEqual([name, given]);
    const additional = shown.filter((output) => !given.includes(output));
    expect([name, names(outputs)]).toEqual([name, additional]);
    expect([name, id]).toEqual([name, expect.stringMatching(/^`<project>:<agentId>(:<\w+>)?`$/)]);
  }
});

describe("resources, inputs and outputs are the same everywhere", () => {
  // The component has neither rules nor a lifecycle: tests/docs/helm.test.ts compares its arguments.
  const { "gitlab-agent:kubernetes:AgentInstallation": _, ...resources } = schema.resources;
  const named = Object.entries(resources).map(
    ([type, described]) => [type.split(":").at(-1) ?? "", described] as const,
  );

  test("the lifecycles, the names that state files load, and the plugin's schema have the same resources", () => {
    const expected = named.map(([name]) => name).sort();
    const { LIFECYCLES, ...loaded } = provider;
    expect(Object.keys(LIFECYCLES).sort()).toEqual(expected);
    const texts = expected.map((name) => permanent(name).provider);
    expect(texts).toEqual(
      Object.keys(loaded)
        .sort()
        .map((name): unknown => expect.stringContaining(`("pulumi-gitlab-agent/provider").${name};`)),
    );
  });

  test.each(named)("%s: rules, class and schema have the same inputs and outputs", (name, described) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`;
    const inputs = Object.keys(described.inputProperties).sort();
    expect(rulesOf(`provider/${file}`).sort()).toEqual(inputs);
    expect(listOf(`sdk/${file}`, "OUTPUTS").sort()).toEqual(Object.keys(described.properties).sort());
    // The declared inputs are among the outputs.
    expect(inputs.filter((input) => !(input in described.properties))).toEqual([]);
  });
});
