/** Inputs and outputs as they cross the engine's wire. */
export type Properties = Record<string, unknown>;

/** What the engine sends in place of a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** What the engine keeps of a result and passes to a provider without secrets: plain JSON without secret marks. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "object" && part !== null && SIGNATURE in part
      ? (part as unknown as { value: unknown }).value
      : part,
  ) as T;
}

/** The same with secrets left out: what the state shows in clear. */
export function inClear(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && SIGNATURE in part ? "[secret]" : part,
  );
}
