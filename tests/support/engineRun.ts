import type * as auto from "@pulumi/pulumi/automation";

/** One step that the engine carried out, or planned in a preview. */
export interface Step {
  /** `create`, `replace`, `create-replacement`, `delete-replaced`, `update`, `delete`, `same`, `refresh`, `read`, … */
  op: auto.OpType;
  urn: string;
  type: string;
  /** The resource's name, the last part of its URN. */
  name: string;
  /** The inputs that caused the replacement. */
  keys: string[];
}

/** The output and the steps of one engine operation. */
export interface EngineRun {
  stdout: string;
  stderr: string;
  /** The whole output: standard output, then standard error. */
  output: string;
  /** All events of the engine, in order. */
  events: auto.EngineEvent[];
  /** The steps in the order in which they began, without those of the stack and of providers. */
  steps: Step[];
  /** The steps of resources without `same`, `read` and `refresh`; empty if nothing changed. */
  changed: Step[];
  /** The operations of the resource with that name, in order. */
  ops(name: string): auto.OpType[];
  /** Errors, warnings and the providers' lines, in order, without colour marks. */
  diagnostics: string[];
  /** The number of changes by operation, as in the engine's summary (including the stack). */
  changes: Partial<Record<auto.OpType, number>>;
  /** The stack's outputs, after `up`. */
  outputs: auto.OutputMap;
}

/** A failed engine operation, whose message has all of its output. */
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
  // In a refresh a step begins as "refresh", and the result is known at its end.
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
