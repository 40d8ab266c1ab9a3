import { createPrivateKey } from "node:crypto";
import { canonicalPem, samePem } from "../../provider/inputs/certificates";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";

let pair: KeyedCertificate;
let other: KeyedCertificate;
beforeAll(async () => {
  const authority = await certificateAuthority();
  [pair, other] = [await authority.issue(), await authority.issue()];
});

/** The same blocks with base64 lines of another length. */
const wrapped = (pem: string, width: number) =>
  pem.replace(/(?<=BEGIN [A-Z ]+-----\n)[^-]+/g, (content) =>
    content.replace(/\s/g, "").replace(new RegExp(`.{1,${width}}`, "g"), "$&\n"),
  );

/** Different spellings of one PEM text. */
const spellings: Record<string, (pem: string) => string> = {
  "as it is": (pem) => pem,
  "line endings of Windows": (pem) => pem.replace(/\n/g, "\r\n"),
  "line endings of old": (pem) => pem.replace(/\n/g, "\r"),
  "no final newline": (pem) => pem.trimEnd(),
  "many final newlines": (pem) => `${pem}\n\n`,
  "blank lines before": (pem) => `\n\n${pem}`,
  "bag attributes": (pem) =>
    `Bag Attributes\n    localKeyID: 01 AB\n    friendlyName: agent\nsubject=CN = localhost\nissuer=CN = Test CA\n${pem}`,
  "a comment after": (pem) => `${pem}# the agent's\n`,
  "lines of 76": (pem) => wrapped(pem, 76),
  "one line": (pem) => wrapped(pem, 10_000),
  "trailing blanks": (pem) => pem.replace(/\n/g, " \n"),
  "base64 of the PEM": (pem) => Buffer.from(pem).toString("base64"),
  "base64 of the PEM, with line breaks": (pem) => Buffer.from(pem).toString("base64").replace(/.{60}/g, "$&\n"),
};

describe.each(Object.keys(spellings))("%s", (name) => {
  const spelled = (pem: string) => (spellings[name] as (pem: string) => string)(pem);
  test("does not change a certificate, a key or a chain", () => {
    for (const pem of [pair.cert, pair.key, pair.cert + other.cert]) {
      expect(samePem(pem, spelled(pem))).toBe(true);
      expect(samePem(spelled(pem), pem)).toBe(true);
    }
  });
  test("does not hide a real change", () => {
    expect(samePem(pair.cert, spelled(other.cert))).toBe(false);
    expect(samePem(pair.cert, spelled(pair.cert + other.cert))).toBe(false);
    expect(samePem(pair.cert + other.cert, spelled(other.cert + pair.cert))).toBe(false);
    expect(samePem(pair.key, spelled(other.key))).toBe(false);
    expect(samePem(undefined, spelled(pair.cert))).toBe(false);
  });
});

test("another form of the same key is a change, since GitLab receives another text", () => {
  const sec1 = createPrivateKey(pair.key).export({ type: "sec1", format: "pem" }) as string;
  expect(samePem(pair.key, sec1)).toBe(false);
});

test("undefined stays undefined, and a text without a PEM block is compared as it is", () => {
  expect(samePem(undefined, undefined)).toBe(true);
  expect(canonicalPem(" not PEM\n")).toBe("not PEM");
  expect(samePem("not PEM", undefined)).toBe(false);
});
