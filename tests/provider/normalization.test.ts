import { keptDefaultName } from "../../provider/inputs/rules";
import { normalizedAtCreation, normalizedSince, sameText } from "../../provider/inputs/normalization";

describe("the declared texts that a creation records", () => {
  test("none, if GitLab stored the declared texts", () => {
    expect(normalizedAtCreation({ name: "a", description: "b" }, { name: "a", description: "b" })).toEqual({});
    expect(normalizedAtCreation({ name: "a", description: undefined }, { name: "a", description: null })).toEqual({});
    expect(normalizedAtCreation({ name: "a", description: undefined }, { name: "a", description: "" })).toEqual({});
  });

  test("the declared text, if GitLab stored another one", () => {
    const stored = { name: "a", description: "b" };
    expect(normalizedAtCreation({ name: " a ", description: "b" }, stored)).toEqual({
      normalizedFrom: { name: " a " },
    });
    expect(normalizedAtCreation({ name: "a", description: undefined }, stored)).toEqual({
      normalizedFrom: { description: "" },
    });
  });
});

describe("whether a declared text equals the recorded one", () => {
  const recorded = { name: "a", description: "b", normalizedFrom: { name: " a " } };
  test.each([
    ["name", "a", true],
    ["name", " a ", true],
    ["name", " a", false],
    ["name", undefined, false],
    ["description", "b", true],
    ["description", "c", false],
    // A text that was never normalized has only one spelling, so removing it is a change.
    ["description", undefined, false],
    ["description", "", false],
  ])("%s %p: %p", (key, declared, same) => {
    expect(sameText(recorded, key, declared)).toBe(same);
  });

  test.each([undefined, null, ""])("absent, null and empty are equal (%p)", (declared) => {
    expect(sameText({ name: "a" }, "description", declared)).toBe(true);
    expect(sameText({ name: "a", description: "" }, "description", declared)).toBe(true);
    expect(sameText({ name: "a", description: "x", normalizedFrom: { name: "A" } }, "description", declared)).toBe(
      false,
    );
  });
});

describe("the declared texts that a refresh keeps", () => {
  test("those whose text GitLab has not changed since", () => {
    const recorded = { name: "a", normalizedFrom: { name: " a ", description: "  " } };
    expect(normalizedSince(recorded, { name: "a", description: null })).toEqual({
      normalizedFrom: { name: " a ", description: "  " },
    });
    expect(normalizedSince(recorded, { name: "b", description: "" })).toEqual({
      normalizedFrom: { description: "  " },
    });
    expect(normalizedSince(recorded, { name: "b", description: "x" })).toEqual({});
    expect(normalizedSince({ name: "a" }, { name: "a" })).toEqual({});
  });
});

describe("the default name of a renamed resource", () => {
  const before = { name: "old", __auto: true };
  test("stays if both the old and the new name are defaults", () => {
    expect(keptDefaultName(before, { name: "new", __auto: true })).toMatchObject({ name: "old" });
  });
  test.each([
    ["the program names the object now", before, { name: "new" }],
    ["the program named the object before", { name: "old" }, { name: "new", __auto: true }],
    ["a new object is created", {}, { name: "new", __auto: true }],
  ])("is the new one if %s", (_, olds, news) => {
    expect(keptDefaultName(olds, news)).toMatchObject({ name: "new" });
  });
});
