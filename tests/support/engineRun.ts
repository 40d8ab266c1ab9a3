import type * as auto from "@pulumi/pulumi/automation";

/** One step that the engine took, or planned in a preview. */
export interface Step {
  /** `create`, `replace`, `create-replacement`, `delete-replaced`, `update`, `delete`, `same`, `refresh`, `read`, … */
  op: auto.OpType;
  urn: string;
  type: string;
  /** The resource's name, the last part of its URN. */
  name: string;
  /** Keys that made it a replacement. */
  keys: string[];
}

/** What one engine operation printed and did. */
export interface EngineRun {
  stdout: string;
  stderr: string;
  /** All that a user sees: standard output, then standard error. */
  output: string;
  /** Every event of the engine, in order. */
  events: auto.EngineEvent[];
  /** Steps as they began, in order, without the stack's own and the providers'. */
  steps: Step[];
  /** Steps of resources other than `same`, `read` and `refresh`: empty for a clean run. */
  changed: Step[];
  /** The ops of the resource of that name, in order. */
  ops(name: string): auto.OpType[];
  /** Errors and warnings, and what providers printed, in order; without colour marks. */
  diagnostics: string[];
  /** Changes by op, as the engine's summary counts them (the stack itself included). */
  changes: Partial<Record<auto.OpType, number>>;
  /** The stack's outputs, after `up`. */
  outputs: auto.OutputMap;
}

/** A failed engine operation; the message holds all of its output. */
export class EngineFailure extends Error {
  constructor(
    what: string,
    readonly run: EngineRun,
  ) {
    super(`${what}\n${run.output}`);
    this.name = "EngineFailure";
  }
}

type Raw = Pick<EngineRun, "stdout" | "stderr" | "events" | "outputs">;

/** Reads the engine's events of one operation. */
export function engineRun(operation: string, raw: Raw): EngineRun {
  const steps = raw.events.flatMap((event) => {
    const step = event.resourcePreEvent?.metadata;
    if (!step || step.type === "pulumi:pulumi:Stack" || step.type.startsWith("pulumi:providers:")) return [];
    const { op, urn, type } = step;
    return [{ op, urn, type, name: urn.slice(urn.lastIndexOf("::") + 2), keys: step.keys ?? [] }];
  });
  // In a refresh a step begins as "refresh", and its end says what was found.
  const found = raw.events.flatMap((event) => {
    const step = event.resOutputsEvent?.metadata;
    if (operation !== "refresh" || !step || step.type === "pulumi:pulumi:Stack") return [];
    if (step.type.startsWith("pulumi:providers:")) return [];
    return [
      { op: step.op, urn: step.urn, type: step.type, name: step.urn.slice(step.urn.lastIndexOf("::") + 2), keys: [] },
    ];
  });
  const diagnostics = raw.events.flatMap((event) => {
    const said = event.diagnosticEvent;
    return said && !said.ephemeral ? [said.message.replace(/<\{%[^%]*%\}>/g, "").trimEnd()] : [];
  });
  const all = operation === "refresh" ? found : steps;
  return {
    ...raw,
    output: raw.stdout + raw.stderr,
    steps: all,
    changed: all.filter((step) => !["same", "read", "refresh"].includes(step.op)),
    ops: (name) => all.filter((step) => step.name === name).map((step) => step.op),
    diagnostics,
    changes: raw.events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {},
  };
}
