import type { Simulator } from "../../simulator";

/** A response, with the body parsed if it is JSON. */
export interface ApiResponse {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON without a known type
  body: any;
}

/** Sends one request to the simulator's API as one of its users. */
export async function send(
  simulator: Simulator,
  method: string,
  path: string,
  {
    as = "maintainer",
    body,
    headers = {},
  }: { as?: string | null; body?: unknown; headers?: Record<string, string> } = {},
): Promise<ApiResponse> {
  const response = await fetch(`${simulator.url}/api/v4${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(as === null ? {} : { "PRIVATE-TOKEN": simulator.tokens[as] ?? as }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("Content-Type")?.includes("json") ?? false;
  return { status: response.status, headers: response.headers, body: json ? (JSON.parse(text) as unknown) : text };
}

/** Lets the event loop run until the condition holds; otherwise jest's time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
