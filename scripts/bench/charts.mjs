import { writeFileSync } from "node:fs";
import path from "node:path";
import * as vega from "vega";
import { compile } from "vega-lite";
import { NAMES, summary } from "./report.mjs";
import { OPERATIONS, PROGRAMS } from "./scenarios.mjs";

const COLOUR = {
  field: "program",
  type: "nominal",
  title: null,
  scale: { domain: PROGRAMS.map((program) => NAMES[program]), range: ["#5b3fd0", "#2a9d8f", "#e07b39", "#8a8f98"] },
  legend: { orient: "bottom", labelLimit: 0 },
};
const CONFIG = { background: "white", font: "sans-serif", view: { stroke: "#dddddd" }, axis: { gridColor: "#eeeeee" } };

/** Draws every chart of the results into `out`, as SVG. */
export async function drawCharts(results, out) {
  const values = summary(results).flatMap((row) =>
    PROGRAMS.map((program) => ({ ...row, ...row[program], program: NAMES[program] })),
  );
  const sizes = [...new Set(values.map(({ size }) => size))];
  const latencies = [...new Set(values.map(({ latency }) => latency))];
  const most = Math.max(...sizes);
  const latency = latencies.includes(50) ? 50 : latencies[0];
  const measured = values.filter(({ runs }) => runs > 0);
  const charts = {
    "time-by-resources": lines(
      measured.filter((row) => row.latency === latency),
      `Seconds by number of resources, at ${latency} ms a request`,
    ),
    "processor-time": lines(
      measured.filter((row) => row.latency === latency && row.cpuSeconds !== undefined),
      "Seconds of processor time by number of resources",
      "cpuSeconds",
    ),
    ...(latencies.length > 1 && {
      "time-by-latency": bars(
        measured.filter((row) => row.size === most && row.operation !== "preview"),
        {
          x: "latency",
          y: "seconds",
          title: `Seconds by latency of GitLab, ${most} resources`,
          xTitle: "ms a request",
        },
      ),
    }),
    requests: bars(
      measured.filter((row) => row.latency === latency && row.program !== NAMES.floor),
      { x: "size", y: "requests", title: "Requests to GitLab by number of resources", xTitle: "resources" },
    ),
    state: single(
      measured
        .filter((row) => row.latency === latency && row.operation === "up")
        .map((row) => ({ ...row, value: row.stateBytes / row.size })),
      { title: "Bytes of state a resource", sort: sizes },
    ),
    memory: bars(
      measured.filter((row) => row.latency === latency && row.providerMiB !== undefined),
      { x: "size", y: "providerMiB", title: "Memory of the provider process, MiB", xTitle: "resources" },
    ),
  };
  const limited = results.rows.filter(({ scenario }) => scenario === "rateLimited");
  if (limited.length > 0) charts["rate-limited"] = rateLimited(limited);
  for (const [name, spec] of Object.entries(charts)) {
    writeFileSync(path.join(out, `${name}.svg`), `${await svg(spec)}\n`);
  }
}

function lines(values, title, y = "seconds") {
  return {
    data: { values },
    title,
    facet: { column: { field: "operation", sort: OPERATIONS, title: null } },
    spec: {
      width: 190,
      height: 220,
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "size", type: "quantitative", title: "resources" },
        y: { field: y, type: "quantitative", title: "seconds" },
        color: COLOUR,
      },
    },
    resolve: { scale: { y: "independent" } },
  };
}

function bars(values, { x, y, title, xTitle }) {
  return {
    data: { values },
    title,
    facet: { column: { field: "operation", sort: OPERATIONS, title: null } },
    spec: {
      width: 190,
      height: 220,
      mark: "bar",
      encoding: {
        x: { field: x, type: "ordinal", title: xTitle, axis: { labelAngle: 0 } },
        xOffset: { field: "program", sort: Object.values(NAMES) },
        y: { field: y, type: "quantitative", title: null },
        color: COLOUR,
      },
    },
  };
}

function single(values, { title, sort }) {
  return {
    data: { values },
    title,
    width: 420,
    height: 220,
    mark: "bar",
    encoding: {
      x: { field: "size", type: "ordinal", sort, title: "resources", axis: { labelAngle: 0 } },
      xOffset: { field: "program", sort: Object.values(NAMES) },
      y: { field: "value", type: "quantitative", title: "bytes" },
      color: COLOUR,
    },
  };
}

function rateLimited(rows) {
  const [{ size, limit }] = rows;
  const values = rows.map((row) => ({
    ...row,
    program: NAMES[row.program],
    told: `${Math.round(row.seconds)} s, ${row.attempts === 1 ? "first try" : `${row.attempts} tries`}${row.ok ? "" : ", not done"}`,
  }));
  return {
    data: { values },
    title: `Seconds until done: ${size} resources, GitLab answers ${limit} requests a minute`,
    facet: { row: { field: "operation", sort: OPERATIONS, title: null } },
    spec: {
      width: 420,
      height: 70,
      encoding: {
        y: { field: "program", type: "nominal", title: null, sort: Object.values(NAMES) },
        x: { field: "seconds", type: "quantitative", title: "seconds, waits included" },
      },
      layer: [
        { mark: "bar", encoding: { color: { ...COLOUR, legend: null } } },
        { mark: { type: "text", align: "left", dx: 4 }, encoding: { text: { field: "told" } } },
      ],
    },
  };
}

function svg(spec) {
  const compiled = compile({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", config: CONFIG, ...spec });
  return new vega.View(vega.parse(compiled.spec), { renderer: "none" }).toSVG();
}
