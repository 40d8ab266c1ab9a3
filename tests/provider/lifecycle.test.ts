import { formatAgentId, formatChildId, parseAgentId, parseChildId } from "../../provider/inputs/ids";
import type { InitFailure } from "../../provider/lifecycle";
import { createResult, secret, serve, toPlainJson, type Lifecycle, type Properties } from "../../provider/lifecycle";
import { isUnknown } from "../../provider/inputs/unknowns";
import { UNKNOWN, type Door } from "./doors";

const idle: Lifecycle = {
  kind: "agent",
  compared: [],
  importObject: () => Promise.resolve({}),
  check: (_, news) => ({ inputs: news }),
  diff: () => Promise.resolve({}),
  create: () => Promise.resolve({ id: "1", outs: {} }),
  read: () => Promise.resolve({}),
  delete: () => Promise.resolve(),
};
const door = (part: Partial<Lifecycle>) => serve({ ...idle, ...part }) as Door;

describe("what reaches the engine", () => {
  test("holds no undefined at any depth, and keeps null", () => {
    expect(toPlainJson({ a: undefined, b: { c: undefined, d: null }, e: [undefined, 1] })).toStrictEqual({
      b: { d: null },
      e: [null, 1],
    });
  });
  test("a secret is marked as the engine's wire wants it", () => {
    expect(secret("s")).toEqual({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" });
    expect(secret(undefined)).toBeUndefined();
  });
  test("what a read found is settled, and nothing stays nothing", async () => {
    const found = door({ read: () => Promise.resolve({ id: "1", props: { a: undefined, b: 1 } }) });
    expect(await found.read("1", {})).toStrictEqual({ id: "1", props: { b: 1 } });
    expect(await door({}).read("1", {})).toStrictEqual({});
  });
  test.each(["check", "diff", "create", "read", "update", "delete"] as const)(
    "%s throws an Error without a stack, whatever is thrown inside",
    async (method) => {
      for (const thrown of [
        "text",
        undefined,
        null,
        5,
        new TypeError("text"),
        Object.assign(new Error("text"), { id: "7", code: 5, details: "x" }),
      ]) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- just what must do no harm
        const fail = () => Promise.reject(thrown);
        const broken = door({ check: fail, diff: fail, create: fail, read: fail, delete: fail });
        const call = broken[method] as (...args: unknown[]) => Promise<unknown>;
        const error = await call.call(broken, "1", {}, {}).then(
          () => undefined,
          (e: unknown) => e as Error,
        );
        expect(error).toBeInstanceOf(Error);
        expect(error?.stack).toBe(error?.message);
        expect(`${String(error)}`).not.toContain("\n");
        expect(
          Object.keys(error as object).filter((key) => ["id", "code", "details", "properties"].includes(key)),
        ).toEqual([]);
      }
    },
  );
});

describe("an object that exists is never lost", () => {
  test("outputs that can be put together are recorded", () => {
    expect(createResult("p:1", {}, {}, () => ({ a: 1, b: undefined }))).toStrictEqual({ id: "p:1", outs: { a: 1 } });
  });
  test("a fault of ours after creation is a partial failure, with what loads us again", async () => {
    const create = (inputs: Properties) =>
      Promise.resolve(
        createResult("p:1", { agentId: 1, token: secret("s"), x: undefined }, inputs, () => {
          throw new TypeError("cannot read this");
        }),
      );
    const error = (await door({ create })
      .create({ name: "a", __provider: "the text" })
      .catch((e: unknown) => e)) as InitFailure;
    expect(error.id).toBe("p:1");
    expect(error.properties).toStrictEqual({ agentId: 1, token: secret("s"), __provider: "the text" });
    expect(error.reasons).toEqual([expect.stringMatching(/exists in GitLab as p:1.*cannot read this.*pulumi up/)]);
  });
  test("update completes what was half recorded, from GitLab's answer", async () => {
    const read = () => Promise.resolve({ id: "p:1", props: { name: "b", agentId: 1, gone: undefined } });
    expect(await door({ read }).update("p:1", { agentId: 1 }, { name: "a", __provider: "t" })).toStrictEqual({
      outs: { name: "b", agentId: 1, __provider: "t" },
    });
  });
  test("update of an object that is gone says what to do", async () => {
    await expect(door({}).update("p:1", {}, {})).rejects.toThrow(/p:1 no longer exists in GitLab.*pulumi refresh/);
  });
});

test("values that are not known are found at any depth", () => {
  expect([UNKNOWN, { a: [{ b: UNKNOWN }] }, [UNKNOWN]].map(isUnknown)).toEqual([true, true, true]);
  expect([undefined, null, "", 0, {}, [], { a: "x" }].map(isUnknown)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

describe("ids", () => {
  test.each([
    [42, 7, "42:7"],
    ["group/app", 7, "group/app:7"],
    ["group%2Fapp", 7, "group%2Fapp:7"],
  ])("of agents", (project, agentId, id) => {
    expect(formatAgentId(project, agentId)).toBe(id);
    expect(parseAgentId(id)).toEqual({ project: String(project), agentId });
  });
  test("of tokens and URL configurations", () => {
    expect(formatChildId("group/app", 7, 21)).toBe("group/app:7:21");
    expect(parseChildId("AgentToken", "group/app:7:21")).toEqual({ project: "group/app", agentId: 7, childId: 21 });
  });
  test.each(["", "7", ":7", "group/app", "group/app:", "group/app:x", "group/app:7:21", "a b:7", "0:7"])(
    "%p is no agent's",
    (id) => {
      expect(() => parseAgentId(id)).toThrow(
        /is not the id of a ClusterAgent\. Such an id reads <project>:<agentId>, for example/,
      );
    },
  );
  test.each(["", "group/app:7", "7:21", "group/app:7:x", "group/app:x:7"])("%p is no token's", (id) => {
    expect(() => parseChildId("AgentToken", id)).toThrow(/<project>:<agentId>:<tokenId>/);
    expect(() => parseChildId("ReceptiveUrlConfig", id)).toThrow(/<project>:<agentId>:<urlConfigurationId>/);
  });
});
