import * as pulumi from "@pulumi/pulumi";
import { mergeValues, type Values } from "../../sdk/kubernetes/values";

interface Inner {
  promise(): Promise<unknown>;
  isSecret: Promise<boolean>;
}
const inner = (value: unknown) => value as Inner;
const known = (value: unknown): Promise<unknown> => inner(pulumi.output(value as pulumi.Inputs)).promise();

const ours = { config: { secretName: "s", kasAddress: "wss://kas" }, extraArgs: ["--ours"], replicas: 1 };

describe("values of a chart are merged", () => {
  test.each<[string, Values | undefined, Values]>([
    ["nothing into ours", undefined, ours],
    ["an empty object", {}, ours],
    [
      "a deeper key beside ours",
      { config: { kasCaCert: "x" } },
      { ...ours, config: { ...ours.config, kasCaCert: "x" } },
    ],
    [
      "a deeper key in place of ours",
      { config: { kasAddress: "y" } },
      { ...ours, config: { ...ours.config, kasAddress: "y" } },
    ],
    ["a new branch", { rbac: { useExistingRole: "view" } }, { ...ours, rbac: { useExistingRole: "view" } }],
    ["a list after ours", { extraArgs: ["--theirs"] }, { ...ours, extraArgs: ["--ours", "--theirs"] }],
    ["a list of its own", { tolerations: [{ key: "a" }] }, { ...ours, tolerations: [{ key: "a" }] }],
    ["a number", { replicas: 3 }, { ...ours, replicas: 3 }],
    ["zero, false and an empty text", { replicas: 0, a: false, b: "" }, { ...ours, replicas: 0, a: false, b: "" }],
    ["null, by which Helm takes a default away", { replicas: null }, { ...ours, replicas: null }],
    ["undefined, which says nothing", { replicas: undefined }, ours],
    ["an object in place of a number", { replicas: { min: 1 } }, { ...ours, replicas: { min: 1 } }],
    ["a text in place of an object", { config: "none" }, { ...ours, config: "none" }],
    ["a key that objects inherit", JSON.parse('{"constructor":{"a":1}}') as Values, { ...ours, constructor: { a: 1 } }],
  ])("%s", async (_, theirs, merged) => {
    expect(mergeValues(ours, theirs)).toEqual(merged);
    // The same values as an output, and as an output one level deeper.
    expect(await known(mergeValues(ours, theirs && pulumi.output(theirs)))).toEqual(merged);
    const deeper = Object.entries(theirs ?? {}).map(([key, value]) => [key, pulumi.output(value as pulumi.Inputs)]);
    expect(await known(mergeValues(ours, Object.fromEntries(deeper) as Values))).toEqual(merged);
    expect(await known(mergeValues(ours, Promise.resolve(theirs ?? {})))).toEqual(merged);
  });

  test("neither side is modified", () => {
    const theirs = { config: { a: 1 } };
    const copies = structuredClone([ours, theirs]);
    void mergeValues(ours, theirs);
    expect([ours, theirs]).toEqual(copies);
  });

  test("an output makes only its own branch an output, which is secret if the output is", async () => {
    const merged = mergeValues(ours, { config: { password: pulumi.secret("p") }, kept: { a: 1 } }) as Record<
      string,
      Values
    >;
    expect(Object.keys(merged["config"]!)).toEqual(["secretName", "kasAddress", "password"]);
    expect(merged["config"]!["secretName"]).toBe("s");
    expect(await inner(merged["config"]!["password"]).isSecret).toBe(true);
    expect(merged["kept"]).toEqual({ a: 1 });

    const whole = mergeValues(ours, { config: pulumi.secret({ password: "p" }) }) as Record<string, Values>;
    expect(await inner(whole["config"]).isSecret).toBe(true);
    expect(await known(whole["config"])).toEqual({ ...ours.config, password: "p" });
    expect(whole["replicas"]).toBe(1);
  });

  test("secrets in lists and in outputs of objects stay secret", async () => {
    const list = mergeValues(ours, { extraEnv: [{ name: "A", value: pulumi.secret("p") }] }) as Record<
      string,
      Values[]
    >;
    expect(await inner(list["extraEnv"]![0]!["value"]).isSecret).toBe(true);
    const whole = mergeValues(ours, pulumi.output({ a: { b: pulumi.secret("p") } }));
    expect(await inner(whole).isSecret).toBe(true);
  });

  test("of several values, the last one takes precedence", () => {
    expect(mergeValues({ a: 1, l: [1] }, { a: 2, b: 2, l: [2] }, { b: 3, l: [3] })).toEqual({
      a: 2,
      b: 3,
      l: [1, 2, 3],
    });
  });
});

describe("the token is never a Helm value", () => {
  const message = /values\.config\.token.*never a Helm value/;
  test("which is reported at once for plain values", () => {
    expect(() => mergeValues(ours, { config: { token: "glagent-x" } })).toThrow(message);
    expect(() => mergeValues(ours, { config: { token: "glagent-x" } })).not.toThrow(/glagent-x/);
  });
  test.each<[string, pulumi.Input<Values>]>([
    ["all of the values", pulumi.output({ config: { token: "glagent-x" } })],
    ["a branch", { config: pulumi.output({ token: "glagent-x" }) }],
    ["a promise", Promise.resolve({ config: { token: "glagent-x" } })],
    ["the token itself", { config: { token: pulumi.secret("glagent-x") } }],
  ])("as soon as it is known, where %s is an output", async (_, theirs) => {
    // Pulumi's outputs have more promises that fail with this one; a program collects them at its end.
    const collected = () => undefined;
    process.on("unhandledRejection", collected);
    await expect(known(mergeValues(ours, theirs))).rejects.toThrow(message);
    await new Promise(setImmediate);
    process.off("unhandledRejection", collected);
  });
  test("a token in other places is allowed", () => {
    expect(mergeValues({}, { token: "a", config: { api: { token: "b" } } })).toEqual({
      token: "a",
      config: { api: { token: "b" } },
    });
  });
});
