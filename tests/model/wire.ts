/** Inputs and outputs in the engine's protocol. */
export type Properties = Record<string, unknown>;

/** The engine's placeholder for an unknown value. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** A result as the engine keeps it and passes it to a provider without secrets: plain JSON without secret marks. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "object" && part !== null && SIGNATURE in part
      ? (part as unknown as { value: unknown }).value
      : part,
  ) as T;
}

/** The same without secret values: what the state shows in clear. */
export function inClear(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && SIGNATURE in part ? "[secret]" : part,
  );
}
