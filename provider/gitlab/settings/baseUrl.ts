import { ConfigurationError } from "../errors";

/** The default address of GitLab. */
export const DEFAULT_BASE_URL = "https://gitlab.com";

/**
 * Normalizes a base URL: scheme, host, port and sub-path, without `/api/v4` and without a trailing slash.
 *
 * @param value the given URL, with or without `/api/v4`, with or without a trailing slash
 * @param source where it was given, for the error's text
 * @throws ConfigurationError if it is not an http(s) URL, or contains credentials, a query or a fragment. The text shows
 * neither credentials nor query.
 * @example normaliseBaseUrl("https://host/gitlab/api/v4/", "`gitlab:baseUrl`") // "https://host/gitlab"
 */
export function normaliseBaseUrl(value: string, source: string): string {
  const refuse = (fault: string): never => {
    throw new ConfigurationError({
      words: `The base URL from ${source} ${fault}`,
      advice: `Give GitLab's address, such as https://gitlab.example.com or https://example.com/gitlab`,
    });
  };
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return refuse("is not a URL: it must start with https:// or http:// and name a host");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    // "gitlab.example.com:8443" parses as a URL whose scheme is "gitlab.example.com:".
    return refuse("does not start with https:// or http://");
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("holds credentials, which do not belong there: use the setting `token`");
  }
  if (value.includes("?") || value.includes("#")) {
    return refuse("holds a query or a fragment");
  }
  const path = url.pathname
    .replace(/\/+$/, "")
    .replace(/\/api\/v4$/i, "")
    .replace(/\/+$/, "");
  return `${url.origin}${path}`;
}

/** Whether two base URLs are of one GitLab; an invalid one is of none. */
export function sameAddress(one: string, other: string): boolean {
  try {
    return normaliseBaseUrl(one, "") === normaliseBaseUrl(other, "");
  } catch {
    return false;
  }
}
