import path from "node:path";

// Set by scripts/with-node.sh when the Node.js on PATH was not new enough.
const node = process.env.PULUMI_GITLAB_AGENT_NODE;

/** Shell lines for `eval`: they put folders of set-up before PATH, and others after it. */
export function shellLines({ before, after }) {
  const quote = (folder) => `'${folder.replaceAll("'", "'\\''")}'`;
  const first = [...before, ...(node ? [node] : [])].map(quote);
  return `export PATH=${[...first, '"$PATH"', ...after.map(quote)].join(":")}`;
}

/** The same for a process that we start. */
export function environment({ before, after }) {
  return { ...process.env, PATH: [...before, process.env.PATH, ...after].join(path.delimiter) };
}
