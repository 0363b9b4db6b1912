import { homePath } from "../../native/home-path.js";
import type { Platform } from "../../native/platform.js";
import type { Settings } from "./chain.js";

/** Reads the section `basic` of the credentials file. Returns the reason if there is none. */
export async function fileSettings(platform: Platform): Promise<Settings | string> {
  const path = platform.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE") || homePath(platform, ".huaweicloud", "credentials");
  if (path === undefined) return "there is no home folder with a credentials file";
  const text = await platform.readFile(path).catch(() => undefined);
  if (text === undefined) return `there is no ${path}`;
  const values = readSection(text, "basic");
  const get = (name: string) => values.get(name) ?? "";
  return {
    accessKey: get("ak"),
    secretKey: get("sk"),
    securityToken: get("security_token"),
    projectId: get("project_id"),
    identityProvider: get("idp_id"),
    tokenFile: get("id_token_file"),
    iamEndpoint: get("iam_endpoint"),
    source: path,
  };
}

/** Reads the plain values of a section, as go-ini does: the delimiter is `=` or `:`, a comment begins at `#` or `;`. */
function readSection(text: string, wanted: string): Map<string, string> {
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]*)\]/.exec(line);
    if (header !== null) section = header[1]!.trim();
    const [, name, value] = /^\s*([^#;=:[\s][^=:]*?)\s*[=:](.*)$/.exec(line) ?? [];
    if (header !== null || name === undefined || section !== wanted) continue;
    const plain = value!.trim();
    const [, quoted] = /^(["'`])(.*)\1$/.exec(plain)?.slice(1) ?? [];
    values.set(name, quoted ?? plain.replace(/\s*[#;].*$/, ""));
  }
  return values;
}
