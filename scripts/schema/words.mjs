// The SDK's doc comments are written for TypeScript programs. In the schema, which is for every language, some words differ.

/** The replacements, in order. A replacement that matches nothing is an error. */
const REWORDED = [
  [/`gitlab:/g, "`gitlab-agent:"],
  [/`ProviderArgs\.operationTimeout`/g, "`operationTimeout`"],
  [/`opts\.provider`/g, "the resource option `provider`"],
  [/`\{ dependsOn: release \}`/g, "the resource option `dependsOn`"],
  [/ `import` is refused, since there is nothing to import\./g, ""],
  [/ \(also in its type\)/g, ""],
  [/Needs `@pulumi\/kubernetes` 4 and/, "Needs Pulumi's Kubernetes provider 4, which the Pulumi CLI installs, and"],
  [
    /If the agent has an explicit provider, it also creates the token\./,
    "If the agent has an explicit provider, give the component the same one by the resource option `providers`: it also creates the token.",
  ],
  [/the name of a namespace, or a namespace of the program\./, "the name of a namespace."],
  [/\(`getKas\(\)`\)/, "(the function `getKas`)"],
  [/\bundefined (if|with|in)\b/g, "absent $1"],
  [/\bUndefined if\b/g, "Absent if"],
];

/** Examples that are values or outputs are the same in every language. Others are TypeScript. */
const LITERAL = /^("[^"]*"|-?\d+|true|false|[a-z]\w*(\.\w+)+|\{ \w+: "[^"]*" \})$/;

const met = new Set();

/** A doc comment's text for every language. */
export function reworded(text) {
  return REWORDED.reduce((said, [pattern, words]) => {
    const better = said.replace(pattern, words);
    if (better !== said) met.add(pattern);
    return better;
  }, text);
}

/** Whether an example is the same in every language. */
export function isLiteral(example) {
  return LITERAL.test(example);
}

/** @throws if a replacement matches nothing, since the doc comments have changed */
export function expectAllMet() {
  const idle = REWORDED.map(([pattern]) => pattern).filter((pattern) => !met.has(pattern));
  if (idle.length > 0) throw new Error(`scripts/schema/words.mjs: no doc comment has ${idle.map(String).join(", ")}`);
}
